import type { AskTarget } from './ask.js';

/** Where the next page of a list begins: after an entry, at the same revision, by the same model. */
export interface ListPosition {
  readonly last: string;
  readonly token: string;
  readonly modelId: string;
}

/** The question with the revision and the model of the page before. */
export function pinned<T extends AskTarget>(query: T, from: ListPosition | undefined): AskTarget {
  const { store, modelId, consistency } = query;
  if (from) {
    return {
      ...(store !== undefined && { store }),
      modelId: from.modelId,
      consistency: { at_exact_snapshot: from.token },
    };
  }
  return {
    ...(store !== undefined && { store }),
    ...(modelId !== undefined && { modelId }),
    ...(consistency !== undefined && { consistency }),
  };
}
