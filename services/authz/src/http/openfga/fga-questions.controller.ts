import { Readable } from 'node:stream';
import { APP, Handles, type InputOf } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject } from '@nestjs/common';
import type { BatchedAnswer } from '../../app/relations/check-relations.js';
import type { AuthzApp } from '../../app.js';
import { along, FGA_DEPTH, fgaAlong, fgaTarget } from './fga-asking.js';
import { FGA_REFUSALS, fgaError } from './fga-error.js';
import { viewTree } from './fga-tree.js';
import { readKey } from './fga-tuple.js';
import { viewUser } from './fga-user.js';
import * as routes from './openfga.routes.js';
import { type FgaOperation, QUESTION, speakFga, translate } from './speak-fga.js';

/** What one list answers at most; a longer one is an error and never a part that looks like all of it. */
const MAX_LISTED = 50_000;
const CORRELATION_ID = /^[\w-]{1,36}$/;

type ListBody = InputOf<typeof routes.listObjects>['body'];

/** Questions in the API of OpenFGA. Its depth limit counts here: deeper questions are an error, not a deny. */
@Controller()
export class FgaQuestionsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.check)
  check({ ctx, params, body }: InputOf<typeof routes.check>): Promise<object> {
    return speakFga(QUESTION, async () => {
      const key = readKey(body.tuple_key);
      const bring = fgaAlong(body);
      await this.admit(ctx, [key.subject], bring);
      const target = fgaTarget(params.storeId, body);
      const { allowed } = await this.app.checkRelation(ctx, { ...key, ...bring, ...target, maxDepth: FGA_DEPTH });
      return { allowed, resolution: '' };
    });
  }

  @Handles(routes.batchCheck)
  batchCheck({ ctx, params, body }: InputOf<typeof routes.batchCheck>): Promise<object> {
    return speakFga(QUESTION, async () => {
      const ids = requireCorrelationIds(body.checks.map(({ correlation_id: id }) => id ?? ''));
      const checks = body.checks.map((item) => ({ ...readKey(item.tuple_key), ...fgaAlong(item) }));
      const bringsTuples = checks.some(({ contextualTuples }) => contextualTuples !== undefined);
      await this.app.requireMayAskAbout(
        ctx,
        checks.map(({ subject }) => subject),
        bringsTuples,
      );
      const target = fgaTarget(params.storeId, body);
      const { results } = await this.app.checkRelations(ctx, { ...target, checks, maxDepth: FGA_DEPTH });
      return { result: Object.fromEntries(results.map((result, index) => [ids[index], viewResult(result)])) };
    });
  }

  @Handles(routes.expand)
  expand({ ctx, params, body }: InputOf<typeof routes.expand>): Promise<object> {
    return speakFga(QUESTION, async () => {
      await this.app.requireRelationRight(ctx, 'ask');
      const { object, relation } = readKey(body.tuple_key);
      if (object === '' || relation === '')
        throw fgaError('invalid_expand_input', 'Make sure you provide an object and a relation.');
      const { tree } = await this.app.expandRelation(ctx, {
        ...{ object, relation },
        ...fgaAlong({ contextual_tuples: body.contextual_tuples }),
        ...fgaTarget(params.storeId, body),
      });
      return { tree: { root: viewTree(tree) } };
    });
  }

  @Handles(routes.listObjects)
  listObjects({ ctx, params, body }: InputOf<typeof routes.listObjects>): Promise<object> {
    return speakFga(listing(body), async () => {
      const { objects, cursor } = await this.app.listObjects(ctx, await this.aboutObjects(ctx, params.storeId, body));
      if (cursor !== undefined) throw tooMany('objects', 'streamed-list-objects has no limit.');
      return { objects };
    });
  }

  @Handles(routes.streamedListObjects)
  async streamedListObjects({
    ctx,
    params,
    body,
    reply,
  }: InputOf<typeof routes.streamedListObjects>): Promise<unknown> {
    const operation = listing(body);
    const pages = this.pagesOfObjects(ctx, params.storeId, body);
    const first = await speakFga(operation, () => pages.next());
    const lines = async function* () {
      try {
        if (!first.done) yield linesOf(first.value);
        for await (const page of pages) yield linesOf(page);
      } catch (error) {
        const { message, code } = (error ?? {}) as { readonly message?: string; readonly code?: string };
        if (code === undefined) throw error;
        yield `${JSON.stringify({ error: { code: 2, message } })}\n`;
      }
    };
    return reply
      .type('application/x-ndjson')
      .header('cache-control', 'no-store')
      .send(Readable.from(lines(), { objectMode: false }));
  }

  @Handles(routes.listUsers)
  listUsers({ ctx, params, body }: InputOf<typeof routes.listUsers>): Promise<object> {
    return speakFga({ kind: 'list-users' }, async () => {
      await this.app.requireRelationRight(ctx, 'ask');
      const { type, id } = body.object ?? {};
      const [filter, ...more] = body.user_filters ?? [];
      if (!type || !id) throw fgaError('validation_error', 'object must have a type and an id.');
      if (!filter?.type || more.length > 0)
        throw fgaError('validation_error', 'user_filters must hold exactly one filter, and it needs a type.');
      const asked = {
        object: `${type}:${id}`,
        relation: body.relation ?? '',
        filters: [{ type: filter.type, ...(filter.relation && { relation: filter.relation }) }],
        ...along(body.context, body.contextual_tuples),
        ...fgaTarget(params.storeId, body),
        maxDepth: FGA_DEPTH,
        limit: MAX_LISTED,
      };
      const { subjects, cursor } = await this.app.listSubjects(ctx, asked);
      if (cursor !== undefined) throw tooMany('users', 'Ask with relations/list-subjects, which has pages.');
      return { users: subjects.map(viewUser) };
    });
  }

  private async aboutObjects(ctx: RequestContext, storeId: string, body: ListBody) {
    const subject = body.user ?? '';
    const bring = fgaAlong(body);
    await this.admit(ctx, [subject], bring);
    return {
      objectType: body.type ?? '',
      relation: body.relation ?? '',
      subject,
      ...bring,
      ...fgaTarget(storeId, body),
      maxDepth: FGA_DEPTH,
      limit: MAX_LISTED,
    };
  }

  private async *pagesOfObjects(
    ctx: RequestContext,
    storeId: string,
    body: ListBody,
  ): AsyncGenerator<readonly string[], void, undefined> {
    const asked = await this.aboutObjects(ctx, storeId, body);
    for (let cursor: string | undefined; ; ) {
      const page = await this.app.listObjects(ctx, { ...asked, ...(cursor !== undefined && { cursor }) });
      yield page.objects;
      if (page.cursor === undefined) return;
      cursor = page.cursor;
    }
  }

  private async admit(
    ctx: RequestContext,
    subjects: readonly string[],
    { contextualTuples }: ReturnType<typeof fgaAlong>,
  ): Promise<void> {
    await this.app.requireMayAskAbout(ctx, subjects, contextualTuples !== undefined);
  }
}

function listing({ type, relation }: ListBody): FgaOperation {
  return { kind: 'list-objects', type: type ?? '', relation: relation ?? '' };
}

function linesOf(objects: readonly string[]): string {
  return objects.map((object) => `${JSON.stringify({ result: { object } })}\n`).join('');
}

function requireCorrelationIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) throw fgaError('validation_error', 'batch check requires at least one check to evaluate.');
  const wrong = ids.findIndex((id) => !CORRELATION_ID.test(id));
  if (wrong >= 0)
    throw fgaError(
      'validation_error',
      `checks[${wrong}].correlation_id must have 1 to 36 characters: letters, digits, _ and -.`,
    );
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw fgaError('validation_error', `received duplicate correlation id: ${id}`);
    seen.add(id);
  }
  return ids;
}

function viewResult(result: BatchedAnswer): object {
  if ('allowed' in result) return { allowed: result.allowed };
  const { code, message } = translate(QUESTION, result.failure);
  const word = FGA_REFUSALS.of({ status: 400, headers: {}, body: { code, message } as never }).body;
  return { error: { input_error: (word as { readonly code: string }).code, message } };
}

function tooMany(what: string, instead: string) {
  return fgaError('exceeded_entity_limit', `The answer holds more than ${MAX_LISTED} ${what}. ${instead}`);
}
