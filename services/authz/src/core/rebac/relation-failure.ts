/** Why a question about relations has no answer. Never a silent deny and never a silent allow: each names the place. */
export type RelationFailure =
  | { readonly reason: 'type_not_found'; readonly type: string }
  | { readonly reason: 'relation_not_found'; readonly type: string; readonly relation: string }
  /** The text is no object, subject or relation at all; `field` says which member of the question. */
  | { readonly reason: 'malformed'; readonly field: string; readonly detail: string }
  /** A contextual tuple that the model does not allow to be written. */
  | { readonly reason: 'invalid_tuple'; readonly tuple: string; readonly detail: string }
  /** A condition that decides could not be evaluated: a parameter is missing or of the wrong type, or the expression failed. */
  | {
      readonly reason: 'condition_failed';
      readonly condition: string;
      readonly tuple: string;
      readonly detail: string;
      readonly missingParameters: readonly string[];
    }
  /** `limit` in the unit of the budget: visited nodes, milliseconds, or hops over usersets and parents. */
  | { readonly reason: 'over_budget'; readonly budget: 'nodes' | 'time' | 'depth'; readonly limit: number };
