import { z } from 'zod';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';

/** Tuples as the OpenFGA API spells them: the subject is `user`. */

const text = z.string().max(1024);
const condition = z.object({
  name: text,
  context: z.record(z.string(), z.unknown()).nullish(),
});

/** Protocol buffers know no absent text: what is missing is empty, and the engine says what is wrong with that. */
export const tupleKeyWithoutCondition = z.object({
  user: text.nullish(),
  relation: text.nullish(),
  object: text.nullish(),
});
export const tupleKey = tupleKeyWithoutCondition.extend({ condition: condition.nullish() });

export type FgaTupleKey = z.infer<typeof tupleKey>;

export function readKey({ user, relation, object }: z.infer<typeof tupleKeyWithoutCondition>): TupleKey {
  return { object: object ?? '', relation: relation ?? '', subject: user ?? '' };
}

export function readTuple(given: FgaTupleKey): RelationTuple {
  const key = readKey(given);
  // An empty condition is what generated clients send for none.
  if (!given.condition?.name) return key;
  const { name, context } = given.condition;
  return { ...key, condition: { name, ...(context && { context }) } };
}

export const tupleKeyView = z.object({
  user: z.string(),
  relation: z.string(),
  object: z.string(),
  condition: z.object({ name: z.string(), context: z.record(z.string(), z.unknown()) }).nullable(),
});

export function viewKey({ object, relation, subject }: TupleKey): z.infer<typeof tupleKeyView> {
  return { user: subject, relation, object, condition: null };
}

export function viewTuple({ condition: given, ...key }: RelationTuple): z.infer<typeof tupleKeyView> {
  return { ...viewKey(key), condition: given ? { name: given.name, context: given.context ?? {} } : null };
}
