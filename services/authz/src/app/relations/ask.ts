import type { Org } from '@lumo/tenancy';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import type { Asking, RelationEngine, Sliced } from '../../core/rebac/relation-engine.js';
import type { CommitListener } from '../../ports.js';
import type { BellListener } from './bells.js';
import type { Consistency } from './consistency.js';
import type { QuestionKind } from './question-budget.js';
import type { StoreTarget } from './store-id.js';

/** What a question is about, and how new the answer must be. */
export interface AskTarget extends StoreTarget {
  /** Absent: the model that counted at the revision of the answer. */
  readonly modelId?: string;
  /** Absent: `minimize_latency`. */
  readonly consistency?: Consistency;
}

/** Where a question is answered: one store at one revision, by one model. */
export interface Standpoint {
  readonly engine: RelationEngine;
  readonly model: CompiledModel;
  readonly modelId: string;
  /** That the answer is true of; not always the engine's. */
  readonly revision: number;
  readonly token: string;
  /** What every question to the engine has to carry. */
  asking(maxDepth?: number, kind?: QuestionKind): Pick<Asking, 'model' | 'budget' | 'rewind'>;
}

/**
 * The stores that are asked about, in memory.
 * Guarantees: an answer is true of one revision, which is as new as the consistency asks, and every answer with
 * `minimize_latency` knows what was committed a second before its question; where that cannot be known (the database is
 * away) the question is refused. Not guaranteed: that `question` runs at once; never that it runs once where it throws.
 */
export interface RelationGraphs extends CommitListener {
  /** `question` runs in one go. */
  ask<T>(org: Org, target: AskTarget, question: (at: Standpoint) => T): T | Promise<T>;
  /** `question` runs in slices, with others in between; nothing changes in its store meanwhile. */
  askSliced<T>(org: Org, target: AskTarget, question: (at: Standpoint) => Sliced<T>): Promise<T>;
  /** The token of a revision of an organization. */
  tokenAt(org: Org, revision: number): Promise<string>;
  /** The revision that a token names. @throws DomainError consistency_token_invalid */
  revisionOf(org: Org, token: string): Promise<number>;
  /** From when it resolved on no change of the org is missed. */
  listen(org: Org): Promise<BellListener>;
  /** Writes what is worth keeping, and stops. */
  close(): Promise<void>;
}
