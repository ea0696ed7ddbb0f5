import type { Result } from '@lumo/kit';
import type { CompiledModel } from './compiled-model.js';
import type { RelationFailure } from './relation-failure.js';
import type { ConditionContext, RelationTuple, TupleChange, TupleKey } from './tuple.js';

/**
 * All tuples of one store in memory, at one revision, and every question about them. Pure: no clock of its own, no I/O.
 * Knows no model: each question names the compiled model to answer by, and tuples that this model does not allow are
 * skipped. Answers of one revision and model agree with each other: `listObjects` is exactly what `check` allows.
 */
export interface RelationEngine {
  /** Every change up to here is in. */
  readonly revision: number;
  readonly tupleCount: number;
  /** Memory held, for the budget over all organizations. */
  readonly byteSize: number;

  /** Applies changes in order; one at or below `revision` is ignored. Not while a sliced question is in progress. */
  apply(change: TupleChange): void;
  /** Nothing of this store changed up to a revision. */
  advance(revision: number): void;

  check(question: CheckQuestion): Result<boolean, RelationFailure>;
  /**
   * Sorted by id in code-unit order. `more` where `limit` cut the list. Yields between slices, so that others get their
   * turn. Fails where the check of one of the objects would, and is never a part of what it should be.
   */
  listObjects(question: ListObjectsQuestion): Sliced<Result<ObjectList, RelationFailure>>;
  /** Subjects of the asked kinds who have the relation: `user:anne`, `group:x#member`, and `user:*` for everybody. */
  listSubjects(question: ListSubjectsQuestion): Sliced<Result<SubjectList, RelationFailure>>;
  /** One level of the derivation of a relation, as OpenFGA's expand. */
  expand(question: ExpandQuestion): Result<UsersetTree, RelationFailure>;
  /** `check` again with its reasons: agrees with it always. */
  explain(question: CheckQuestion): Result<Explanation, RelationFailure>;

  has(key: TupleKey): boolean;
  /**
   * The state as bytes, in parts, for a file; `loadRelationEngine` reads them back. Of the moment when the first part is
   * taken: changes may be applied meanwhile. Until the last part is taken the state is in memory twice.
   */
  save(): Iterable<Uint8Array>;
}

/** Runs until done; every `next()` is a slice of at most about 2 ms. */
export type Sliced<T> = Generator<undefined, T, undefined>;

export interface Asking {
  readonly model: CompiledModel;
  /** Parameters of conditions; those stored with a tuple win over these (authz-engine.md 3.1). */
  readonly context?: ConditionContext;
  /** Tuples that hold for this question only. Checked like writes. Same key as a stored one: this one wins. */
  readonly contextualTuples?: readonly RelationTuple[];
  /** Undoes changes, to answer at an earlier revision: these tuples were there then, those keys were not. */
  readonly rewind?: { readonly present: readonly RelationTuple[]; readonly absent: readonly TupleKey[] };
  readonly budget: Budget;
}

export interface Budget {
  readonly nodes: number;
  /** Hops over usersets and parents; absent: none. 25 is OpenFGA's. */
  readonly depth?: number;
  /** Answers whether time is up; asked about every 1 024 nodes. */
  readonly isOver: () => boolean;
  readonly timeMs: number;
}

export interface CheckQuestion extends Asking, TupleKey {}

export interface ListObjectsQuestion extends Asking {
  readonly type: string;
  readonly relation: string;
  readonly subject: string;
  /** Only objects after this one (`type:id`). */
  readonly after?: string;
  readonly limit: number;
}

export interface ObjectList {
  /** `type:id`. */
  readonly objects: readonly string[];
  readonly more: boolean;
}

export interface ListSubjectsQuestion extends Asking {
  readonly object: string;
  readonly relation: string;
  /** `{type}` for subjects and everybody of a type, `{type, relation}` for usersets. */
  readonly filters: readonly { readonly type: string; readonly relation?: string }[];
  /** Only subjects after this one. */
  readonly after?: string;
  readonly limit: number;
}

export interface SubjectList {
  /** Of everybody's type also those whom tuples name and who have the relation. */
  readonly subjects: readonly string[];
  /** Where `type:*` is among these subjects: all whom tuples name and who do not have the relation nevertheless. */
  readonly excluded: readonly string[];
  readonly more: boolean;
}

export interface ExpandQuestion extends Omit<Asking, 'context'> {
  readonly object: string;
  readonly relation: string;
}

/** `name` is `object#relation`. Exactly one of the other members is present. */
export interface UsersetTree {
  readonly name: string;
  readonly leaf?:
    | { readonly users: readonly string[] }
    | { readonly computed: string }
    | { readonly tupleset: string; readonly computed: readonly string[] };
  readonly union?: readonly UsersetTree[];
  readonly intersection?: readonly UsersetTree[];
  readonly difference?: { readonly base: UsersetTree; readonly subtract: UsersetTree };
}

/**
 * Why, or why not, as a tree. An allowed node carries the tuples that decided; a denied one says what is missing.
 * Bounded: `truncated` where a node had more children than are worth reading.
 */
export interface Explanation {
  /** `object#relation@subject`. */
  readonly question: string;
  readonly allowed: boolean;
  /** How this node came to its answer. */
  readonly via:
    | 'tuple'
    | 'wildcard'
    | 'userset'
    | 'computed'
    | 'parent'
    | 'union'
    | 'intersection'
    | 'exclusion'
    | 'self'
    | 'cycle';
  /** The tuple that decided this node, with its condition and the condition's answer. */
  readonly tuple?: RelationTuple & { readonly conditionHolds?: boolean };
  /** Denied leaf: what would make it true, in words. */
  readonly missing?: string;
  readonly children?: readonly Explanation[];
  readonly truncated?: boolean;
}
