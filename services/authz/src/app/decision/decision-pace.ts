import type { Org } from '@lumo/tenancy';
import { OrgAllowance } from '../relations/org-allowance.js';

/** How long the decisions of one request may run before others get their turn. */
const SLICE_MS = 10;
/** How much of each second one organization may use: a common decision takes some microseconds of it. */
const SHARE = 0.5;

/**
 * Keeps the decisions of one request from holding up all others: between two of them everybody else gets a turn, and an
 * organization that used up its time is refused (`OrgAllowance`), also in the middle of a request.
 */
export class DecisionPace {
  readonly #allowance: OrgAllowance;
  readonly #elapsedMs: () => number;

  constructor(elapsedMs: () => number) {
    this.#allowance = new OrgAllowance(elapsedMs, SHARE);
    this.#elapsedMs = elapsedMs;
  }

  /** @throws DomainError where the organization has no time left */
  async each<T, R>(org: Org, questions: readonly T[], decide: (question: T, index: number) => R): Promise<R[]> {
    const answers: R[] = [];
    let startedMs = this.#elapsedMs();
    this.#allowance.require(org.id);
    for (const [i, question] of questions.entries()) {
      answers.push(decide(question, i));
      const usedMs = this.#elapsedMs() - startedMs;
      if (usedMs < SLICE_MS && i + 1 < questions.length) continue;
      this.#allowance.spend(org.id, usedMs);
      if (i + 1 === questions.length) break;
      this.#allowance.require(org.id);
      await new Promise(setImmediate);
      startedMs = this.#elapsedMs();
    }
    return answers;
  }
}
