import { type RequestContext, runInContext } from '@lumo/tenancy';
import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import type { TestOrg, TestProcess } from '../../store/test-org.fixture.js';
import type { NewsChannel } from '../change-news.js';
import type { Consistency } from './consistency.js';

const direct = (...types: readonly string[]) => ({
  directly_related_user_types: types.map((text) => {
    const [shape = '', condition] = text.split(' with ');
    const [type = '', relation] = shape.split('#');
    return {
      type: type.replace(':*', ''),
      ...(relation !== undefined && { relation }),
      ...(shape.endsWith(':*') && { wildcard: {} }),
      ...(condition !== undefined && { condition }),
    };
  }),
});

/** Documents in folders, groups in groups, and a condition. */
export const MODEL: AuthorizationModel = {
  schema_version: '1.1',
  type_definitions: [
    { type: 'user' },
    {
      type: 'group',
      relations: { member: { this: {} } },
      metadata: { relations: { member: direct('user', 'group#member') } },
    },
    {
      type: 'folder',
      relations: {
        parent: { this: {} },
        viewer: {
          union: {
            child: [
              { this: {} },
              { tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation: 'viewer' } } },
            ],
          },
        },
      },
      metadata: { relations: { parent: direct('folder'), viewer: direct('user', 'group#member') } },
    },
    {
      type: 'document',
      relations: {
        parent: { this: {} },
        owner: { this: {} },
        blocked: { this: {} },
        viewer: {
          difference: {
            base: {
              union: {
                child: [
                  { this: {} },
                  { computedUserset: { relation: 'owner' } },
                  { tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation: 'viewer' } } },
                ],
              },
            },
            subtract: { computedUserset: { relation: 'blocked' } },
          },
        },
      },
      metadata: {
        relations: {
          parent: direct('folder'),
          owner: direct('user'),
          blocked: direct('user'),
          viewer: direct('user', 'user:*', 'group#member', 'user with office'),
        },
      },
    },
  ],
  conditions: {
    office: {
      name: 'office',
      expression: 'place == "office"',
      parameters: { place: { type_name: 'TYPE_NAME_STRING' } },
    },
  },
};

/** `document:1#viewer@user:anne` */
export function t(text: string): TupleKey {
  const [object = '', rest = ''] = text.split(/#(.*)/s);
  const [relation = '', subject = ''] = rest.split(/@(.*)/s);
  return { object, relation, subject };
}

/** What a test does with one organization through one process. */
export function through(process: TestProcess, org: TestOrg) {
  const { ctx } = org;
  const inside = <T>(work: (ctx: RequestContext) => Promise<T>) => runInContext(ctx, () => work(ctx));
  return {
    inside,
    model: (model: unknown = MODEL, store?: string) =>
      inside(() => process.app.writeModel(ctx, { model, ...(store !== undefined && { store }) })),
    write: (
      writes: readonly (string | RelationTuple)[],
      deletes: readonly string[] = [],
      more: Partial<Parameters<TestProcess['app']['writeTuples']>[1]> = {},
    ) =>
      inside(() =>
        process.app.writeTuples(ctx, {
          writes: writes.map((tuple) => (typeof tuple === 'string' ? t(tuple) : tuple)),
          deletes: deletes.map(t),
          ...more,
        }),
      ),
    check: (
      question: string,
      consistency?: Consistency,
      more: Partial<Parameters<TestProcess['app']['checkRelation']>[1]> = {},
    ) => inside(() => process.app.checkRelation(ctx, { ...t(question), ...(consistency && { consistency }), ...more })),
    allowed: async (question: string, consistency?: Consistency) =>
      (await inside(() => process.app.checkRelation(ctx, { ...t(question), ...(consistency && { consistency }) })))
        .allowed,
    tuples: async (filter: Parameters<TestProcess['app']['readTuples']>[1]['filter'] = {}, pageSize = 1_000) => {
      const texts: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await inside(() =>
          process.app.readTuples(ctx, { filter, pageSize, ...(cursor !== undefined && { cursor }) }),
        );
        texts.push(...page.tuples.map(({ tuple }) => `${tuple.object}#${tuple.relation}@${tuple.subject}`));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return texts;
    },
  };
}

/** Processes that hear each other, as far as the test lets them. */
export function testNews(): { readonly channel: () => NewsChannel; lose: boolean; delayMs: number } {
  const handlers: ((body: Uint8Array) => void)[] = [];
  const news = {
    lose: false,
    delayMs: 0,
    channel: (): NewsChannel => ({
      maxBytes: 900_000,
      publish(body) {
        if (news.lose) return;
        const copy = body.slice();
        setTimeout(() => {
          for (const handler of handlers) handler(copy);
        }, news.delayMs);
      },
      subscribe: (handler) => void handlers.push(handler),
    }),
  };
  return news;
}
