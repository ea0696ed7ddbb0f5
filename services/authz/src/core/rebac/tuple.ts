/** Parameters of a condition, as JSON. */
export type ConditionContext = Readonly<Record<string, unknown>>;

/** What identifies a tuple inside a store: at most one tuple has a key, whatever its condition. */
export interface TupleKey {
  /** `type:id`. */
  readonly object: string;
  readonly relation: string;
  /** `type:id`, the userset `type:id#relation`, or everybody of a type: `type:*`. */
  readonly subject: string;
}

/** "The subject has the relation to the object", perhaps only where a condition of the model holds. */
export interface RelationTuple extends TupleKey {
  readonly condition?: { readonly name: string; readonly context?: ConditionContext };
}

/** The tuples of one committed write. Keys in `deletes` were there before, keys in `writes` were not, and no key is in both. */
export interface TupleChange {
  /** Of the organization; larger than that of the change before, not always by one. */
  readonly revision: number;
  readonly writes: readonly RelationTuple[];
  readonly deletes: readonly TupleKey[];
}
