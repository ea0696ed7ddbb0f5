import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateClass, RateClassDefinition } from '../rate-table.js';
import type { RateBudgets } from './rate-budgets.js';

/** What is left of a budget after a request. */
export interface RateVerdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the budget is whole again. */
  readonly resetInSeconds: number;
}

/** Counts requests against budgets. */
export interface RateLimiter {
  /** Takes one request from the budget of `owner`. Rejects where the store is down and the class refuses then. */
  consume(rateClass: RateClass, owner: string): Promise<RateVerdict>;
}

/** Makes the counter of one class in some store. */
export type CounterFactory = (name: RateClass, definition: RateClassDefinition) => RateLimiterAbstract;

/** Counters of this process alone: standalone, or a single gateway. */
export const memoryCounters: CounterFactory = (name, { limit, windowSeconds }) =>
  new RateLimiterMemory({ keyPrefix: name, points: limit, duration: windowSeconds });

export function createRateLimiter(budgets: RateBudgets, counters: CounterFactory): RateLimiter {
  const byClass = new Map<RateClass, RateLimiterAbstract>();
  for (const [name, definition] of Object.entries(budgets.classes) as [RateClass, RateClassDefinition][]) {
    byClass.set(name, counters(name, definition));
  }
  const counter = (rateClass: RateClass): RateLimiterAbstract => {
    const found = byClass.get(rateClass);
    if (!found) throw new Error(`no counter for ${rateClass}`);
    return found;
  };
  const verdict = (rateClass: RateClass, state: RateLimiterRes, allowed: boolean): RateVerdict => ({
    allowed,
    limit: budgets.classes[rateClass].limit,
    remaining: Math.max(0, state.remainingPoints),
    resetInSeconds: Math.max(0, state.msBeforeNext) / 1000,
  });

  return {
    async consume(rateClass, owner) {
      try {
        return verdict(rateClass, await counter(rateClass).consume(owner), true);
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return verdict(rateClass, refused, false);
        throw refused;
      }
    },
  };
}
