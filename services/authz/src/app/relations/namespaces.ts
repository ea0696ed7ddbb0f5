import { DomainError, isDomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import type { Namespace } from '../../core/rebac/language/namespace-form.js';
import { modelFromNamespaces, replaceNamespace } from '../../core/rebac/language/read-namespace.js';
import { namespaceOf, namespacesOf } from '../../core/rebac/language/write-namespace.js';
import type { AuthzDeps } from '../authz-deps.js';
import { notFound } from '../refusals.js';
import { invalidModel } from './invalid-model.js';
import { type ModelView, readModel } from './read-models.js';
import { writeModel } from './write-model.js';

type Deps = Pick<AuthzDeps, 'relations'>;
type WritingDeps = Pick<AuthzDeps, 'relations' | 'changes' | 'clock'>;
type Changed = ReturnType<typeof replaceNamespace>;

/** Somebody else's write in between is worked into the next attempt. */
const ATTEMPTS = 5;

/** The types of the org's own model as namespaces (contract 3.5); none before there is a model. */
export function listNamespaces(deps: Deps) {
  const latest = readLatest(deps);
  return async (ctx: RequestContext): Promise<readonly Namespace[]> => {
    const found = await latest(ctx);
    return found ? namespacesOf(found.model) : [];
  };
}

export function readNamespace(deps: Deps) {
  const latest = readLatest(deps);
  return async (ctx: RequestContext, { name }: { readonly name: string }): Promise<Namespace> => {
    const found = await latest(ctx);
    const namespace = found && namespaceOf(found.model, name);
    if (!namespace) throw notFound('Namespace');
    return namespace;
  };
}

/** Puts one namespace into the model, in place of what it was. */
export function writeNamespace(deps: WritingDeps) {
  const change = changeModel(deps);
  return async (
    ctx: RequestContext,
    { name, definition }: { readonly name: string; readonly definition: unknown },
  ): Promise<Namespace> => {
    const model = await change(ctx, (before) => replaceNamespace(before, name, definition));
    const namespace = namespaceOf(model, name);
    if (!namespace) throw notFound('Namespace');
    return namespace;
  };
}

/** Makes these namespaces the model; others are gone. */
export function replaceNamespaces(deps: WritingDeps) {
  const change = changeModel(deps);
  return async (ctx: RequestContext, namespaces: ReadonlyMap<string, unknown>): Promise<readonly Namespace[]> =>
    namespacesOf(await change(ctx, (before) => modelFromNamespaces(before, namespaces)));
}

/** Writes what `make` makes of the newest model, unless another one came in between: then again. */
function changeModel(deps: WritingDeps) {
  const [latest, write] = [readLatest(deps), writeModel(deps)];
  return async (
    ctx: RequestContext,
    make: (before: AuthorizationModel | undefined) => Changed,
  ): Promise<AuthorizationModel> => {
    for (let attempt = 1; ; attempt++) {
      const before = await latest(ctx);
      const made = make(before?.model);
      if (!made.ok) throw invalidModel(made.error);
      try {
        return (await write(ctx, { model: made.value, basedOn: before?.id ?? null })).model;
      } catch (error) {
        if (attempt === ATTEMPTS || !isDomainError(error) || error.code !== 'model_changed') throw error;
      }
    }
  };
}

function readLatest(deps: Deps) {
  const read = readModel(deps);
  return async (ctx: RequestContext): Promise<ModelView | undefined> => {
    try {
      return await read(ctx, { id: 'latest' });
    } catch (error) {
      if (error instanceof DomainError && error.code === 'model_not_found') return undefined;
      throw error;
    }
  };
}
