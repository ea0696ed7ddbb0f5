import type { RelationTuple } from '../core/rebac/tuple.js';
import type { StoreOps } from '../relation-ports.js';

/** Object, relation, subject; a condition's name and context where the tuple has one. */
type TupleRow = readonly [
  object: string,
  relation: string,
  subject: string,
  condition?: string,
  context?: Readonly<Record<string, unknown>>,
];

/** How one change of a store stands in `relation_changes.ops`: short, because there may be millions. */
export interface StoredOps {
  /** Written tuples. */
  readonly w?: readonly TupleRow[];
  /** Deleted tuples, whole: who undoes the change needs their conditions. */
  readonly d?: readonly TupleRow[];
  /** The model that counts from here on. */
  readonly m?: string;
  /** The store is gone. */
  readonly x?: true;
}

export function storedOps({ writes, deletes, modelId, gone }: StoreOps): StoredOps {
  return {
    ...(writes.length > 0 && { w: writes.map(rowOf) }),
    ...(deletes.length > 0 && { d: deletes.map(rowOf) }),
    ...(modelId !== undefined && { m: modelId }),
    ...(gone && { x: true }),
  };
}

export function readOps({ w = [], d = [], m, x }: StoredOps): StoreOps {
  return {
    writes: w.map(tupleOf),
    deletes: d.map(tupleOf),
    ...(m !== undefined && { modelId: m }),
    ...(x && { gone: true }),
  };
}

function rowOf({ object, relation, subject, condition }: RelationTuple): TupleRow {
  if (!condition) return [object, relation, subject];
  return condition.context
    ? [object, relation, subject, condition.name, condition.context]
    : [object, relation, subject, condition.name];
}

function tupleOf([object, relation, subject, name, context]: TupleRow): RelationTuple {
  return { object, relation, subject, ...(name !== undefined && { condition: { name, ...(context && { context }) } }) };
}
