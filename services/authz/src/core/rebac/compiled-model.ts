import type { Result } from '@lumo/kit';
import type { AuthorizationModel } from './authorization-model.js';
import type { RelationFailure } from './relation-failure.js';
import type { ConditionContext, RelationTuple, TupleKey } from './tuple.js';

/** A validated model, ready to be asked. Immutable; one per content hash. */
export interface CompiledModel {
  readonly model: AuthorizationModel;
  readonly types: ReadonlyMap<string, CompiledType>;
  readonly conditions: ReadonlyMap<string, CompiledCondition>;
}

export interface CompiledType {
  readonly name: string;
  readonly relations: ReadonlyMap<string, CompiledRelation>;
}

/** `rewrite` with unions flattened; `restrictions` of its `this`, empty where it has none. */
export interface CompiledRelation {
  readonly type: string;
  readonly name: string;
  readonly rewrite: Rewrite;
  readonly restrictions: readonly Restriction[];
}

export type Rewrite =
  | { readonly kind: 'this' }
  | { readonly kind: 'computed'; readonly relation: string }
  | { readonly kind: 'parent'; readonly tupleset: string; readonly relation: string }
  | { readonly kind: 'union'; readonly operands: readonly Rewrite[] }
  | { readonly kind: 'intersection'; readonly operands: readonly Rewrite[] }
  | { readonly kind: 'exclusion'; readonly base: Rewrite; readonly subtract: Rewrite };

/** One shape of subject that may be written: a type, all of a type, or a userset; without a condition or with one. */
export interface Restriction {
  readonly type: string;
  readonly relation?: string;
  readonly wildcard: boolean;
  readonly condition?: string;
}

export interface CompiledCondition {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Parameters: `request` overlaid by `stored`, the stored ones win. A declared parameter that is absent is a failure. */
  evaluate(
    stored: ConditionContext | undefined,
    request: ConditionContext | undefined,
  ): Result<boolean, ConditionFailure>;
  /** Checks what would be stored with a tuple: only declared parameters, each of its type. */
  checkContext(context: ConditionContext): Result<void, ConditionFailure>;
}

export interface ConditionFailure {
  readonly detail: string;
  readonly missingParameters: readonly string[];
}

/**
 * Whether a tuple may be written under a model: object, relation and subject exist, and one restriction has the subject's
 * shape and the tuple's condition, or none where the tuple has none.
 */
export type CheckTuple = (model: CompiledModel, tuple: RelationTuple) => Result<void, RelationFailure>;

/** `document:1#viewer@user:anne`, as the contract writes tuples. */
export function tupleText({ object, relation, subject }: TupleKey): string {
  return `${object}#${relation}@${subject}`;
}
