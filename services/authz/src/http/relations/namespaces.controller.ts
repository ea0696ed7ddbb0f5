import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../../app.js';
import * as routes from './zanzibar.routes.js';

const MAX_NAMESPACES = 100;

/** The model of the org as namespaces (contract 3.5). */
@Controller()
export class NamespacesController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listNamespaces)
  async list({ ctx }: InputOf<typeof routes.listNamespaces>): Promise<object> {
    return { data: await this.app.listNamespaces(ctx), resourceType: 'namespaces' };
  }

  @Handles(routes.replaceNamespaces)
  async replaceAll({
    ctx,
    body,
  }: {
    readonly ctx: InputOf<typeof routes.listNamespaces>['ctx'];
    readonly body: unknown;
  }) {
    return { data: await this.app.replaceNamespaces(ctx, readAll(body)), message: 'Namespaces replaced.' };
  }

  @Handles(routes.readNamespace)
  async read({ ctx, params }: InputOf<typeof routes.readNamespace>): Promise<object> {
    return { data: await this.app.readNamespace(ctx, { name: params.name }) };
  }

  @Handles(routes.writeNamespace)
  async write({ ctx, params, body }: InputOf<typeof routes.writeNamespace>): Promise<object> {
    const data = await this.app.writeNamespace(ctx, { name: params.name, definition: body });
    return { data, message: 'Namespace written.' };
  }
}

/** By name, or as a list of objects that say their names. */
function readAll(body: unknown): ReadonlyMap<string, unknown> {
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(body)
    ? body.map((item: unknown) => [(item as { readonly name?: unknown } | null)?.name, item])
    : typeof body === 'object' && body !== null
      ? Object.entries(body)
      : [];
  const named = new Map(pairs.flatMap(([name, item]) => (typeof name === 'string' ? [[name, item] as const] : [])));
  if (named.size === pairs.length && named.size > 0 && named.size <= MAX_NAMESPACES) return named;
  throw new DomainError(
    'invalid',
    'validation_error',
    `Send 1 to ${MAX_NAMESPACES} namespaces: {"document": {"relations": {…}, "permissions": {…}}, …}, each name once.`,
  );
}
