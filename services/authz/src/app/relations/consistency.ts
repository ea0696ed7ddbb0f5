/**
 * How new the state must be that an answer rests on. `minimize_latency`: at most a second older than the question.
 * `fully_consistent`: everything that was committed before it. With a token: everything that its holder saw, or exactly the
 * state that its holder saw.
 */
export type Consistency =
  | 'minimize_latency'
  | 'fully_consistent'
  | { readonly at_least_as_fresh: string }
  | { readonly at_exact_snapshot: string };

/** The same with tokens opened: a question is about the state at `revision`, or at least as new as that. */
export type Standard =
  | { readonly mode: 'recent' }
  | { readonly mode: 'now' }
  | { readonly mode: 'at_least'; readonly revision: number }
  | { readonly mode: 'exact'; readonly revision: number };
