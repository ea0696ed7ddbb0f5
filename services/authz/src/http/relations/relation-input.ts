import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { z } from 'zod';
import type { RelationTuple } from '../../core/rebac/tuple.js';

/** What the requests about relations have in common. Whether a text is an object or a subject is judged by the engine. */

const MAX_TEXT = 1024;
const MAX_CONTEXTUAL_TUPLES = 100;

const text = z.string().max(MAX_TEXT);
export const object = text.meta({ description: '`type:id`', examples: ['document:roadmap'] });
export const relation = text.meta({ description: 'A relation of the type of the object.', examples: ['viewer'] });
export const subject = text.meta({
  description: '`type:id`, a userset `type:id#relation`, or everybody of a type: `type:*`.',
  examples: ['user:anne', 'group:staff#member', 'user:*'],
});
export const typeName = z.string().min(1).max(254);

export const conditionContext = z.record(z.string(), z.unknown());
const condition = z.object({ name: z.string().max(256), context: conditionContext.optional() });
export const tuple = z.object({ object, relation, subject, condition: condition.optional() });
export const tupleKey = z.object({ object, relation, subject });

const token = z.string().max(2000);
export const consistency = z
  .union([
    z.enum(['minimize_latency', 'fully_consistent']),
    z.strictObject({ at_least_as_fresh: token }),
    z.strictObject({ at_exact_snapshot: token }),
  ])
  .meta({
    description:
      '`minimize_latency` (default): at most a second old. `fully_consistent`: everything that was committed before the ' +
      'question. With the `token` of an earlier answer: at least that state, or exactly it.',
  });

export const store = z.string().max(64).meta({ description: 'Id of a store; absent: the own store of the org.' });
export const model = z.string().max(64).meta({ description: 'Id of a model; absent: the newest of the store.' });
export const cursor = z.string().max(2000);

/** Where a question is asked. */
export const where = { store: store.optional(), model: model.optional(), consistency: consistency.optional() };
/** What a question brings along. */
export const along = {
  context: conditionContext.optional().meta({ description: 'Parameters of conditions; those stored in tuples win.' }),
  contextual_tuples: z.array(tuple).max(MAX_CONTEXTUAL_TUPLES).optional().meta({
    description: 'Tuples that hold for this question only.',
  }),
};

/** Of every answer: give it back as `at_least_as_fresh` to see at least what this answer saw. */
export const tokenOf = { token: z.string() };

/** The parts of a question under the names that the operations use; absent parts stay absent. */
export function askedWhere({ store: storeId, model: modelId, consistency: wanted }: Where) {
  return {
    ...(storeId !== undefined && { store: storeId }),
    ...(modelId !== undefined && { modelId }),
    ...(wanted !== undefined && { consistency: wanted }),
  };
}

export function askedAlong({ context, contextual_tuples: contextualTuples }: Along) {
  return {
    ...(context && { context }),
    ...(contextualTuples && { contextualTuples: contextualTuples.map(plainTuple) }),
  };
}

/** Without the members that are present and undefined. */
export function plainTuple({ condition: given, ...key }: z.infer<typeof tuple>): RelationTuple {
  if (!given) return key;
  const { name, context } = given;
  return { ...key, condition: { name, ...(context && { context }) } };
}

/** Whom a question without a subject is about: the caller, if it can be one. */
export function ownSubject({ principal: { type, id } }: RequestContext): string {
  if (type === 'user' || type === 'agent' || type === 'client') return `${type}:${id}`;
  throw new DomainError(
    'invalid',
    'MISSING_SUBJECT',
    'This credential is nobody’s: say about whom you ask, as subject: "user:anne".',
  );
}

export type Where = z.infer<z.ZodObject<typeof where>>;
export type Along = z.infer<z.ZodObject<typeof along>>;
