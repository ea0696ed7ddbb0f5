import type { Budget } from '../../core/rebac/relation-engine.js';

/** What one question may cost: nodes it visits, and milliseconds of its own, without those in which others had their turn. */
export const QUESTION_BUDGETS = {
  question: { nodes: 100_000, timeMs: 250 },
  list: { nodes: 1_000_000, timeMs: 3_000 },
} as const;

export type QuestionKind = keyof typeof QUESTION_BUDGETS;

export class QuestionBudget implements Budget {
  readonly nodes: number;
  readonly timeMs: number;
  readonly depth?: number;
  #startedMs = performance.now();
  #pausedMs: number | undefined;

  constructor(kind: QuestionKind, depth: number | undefined) {
    const { nodes, timeMs } = QUESTION_BUDGETS[kind];
    this.nodes = nodes;
    this.timeMs = timeMs;
    if (depth !== undefined) this.depth = depth;
  }

  readonly isOver = (): boolean => performance.now() - this.#startedMs > this.timeMs;

  pause(): void {
    this.#pausedMs ??= performance.now();
  }

  resume(): void {
    if (this.#pausedMs === undefined) return;
    this.#startedMs += performance.now() - this.#pausedMs;
    this.#pausedMs = undefined;
  }
}
