import { isDomainError } from '@lumo/kit';
import { RequestRefused, retryAfter, unavailable } from '../core/refusal.js';
import type { RateBudgets } from '../limits/rate-budgets.js';
import type { RateLimiter } from '../limits/rate-limiter.js';
import type { RateClass } from '../rate-table.js';
import type { RateRule } from '../route-table.js';
import type { Caller } from './admission.js';
import type { GatewayResponse } from './gateway-response.js';
import type { Method, Sender } from './request-head.js';

/** Takes a request from its budget and writes what is left onto the answer. */
export type SpendBudget = (
  response: GatewayResponse,
  rateClass: RateClass,
  sender: Sender,
  caller: Caller | undefined,
) => Promise<void>;

/** @returns a function that throws `RequestRefused`: 429 where the budget is spent, 503 where it cannot be counted and must be */
export function createSpendBudget(budgets: RateBudgets, limiter: RateLimiter, now: () => number): SpendBudget {
  return async (response, rateClass, sender, caller) => {
    if (!budgets.enabled) return;
    const owner = budgetOwner(budgets.classes[rateClass].owner, sender, caller);
    let verdict: Awaited<ReturnType<RateLimiter['consume']>>;
    try {
      verdict = await limiter.consume(rateClass, owner);
    } catch (cause) {
      if (isDomainError(cause)) throw cause;
      throw new RequestRefused(unavailable('This cannot be done safely at the moment. Try again in a few seconds.', 5));
    }
    response.forced.set('X-RateLimit-Limit', String(verdict.limit));
    response.forced.set('X-RateLimit-Remaining', String(verdict.remaining));
    response.forced.set('X-RateLimit-Reset', String(Math.ceil(now() / 1000 + verdict.resetInSeconds)));
    if (verdict.allowed) return;
    throw new RequestRefused({
      status: 429,
      code: 'rate_limit_exceeded',
      message: 'Too many requests. Wait for the seconds in Retry-After.',
      details: { limit: verdict.limit, window_seconds: budgets.classes[rateClass].windowSeconds },
      headers: retryAfter(verdict.resetInSeconds),
    });
  };
}

/** Which budget of a row a request spends; undefined where it is not counted. */
export function rateClassOf(rule: RateRule, method: Method): RateClass | undefined {
  if (rule === 'uncounted') return undefined;
  if (typeof rule === 'string') return rule;
  return method === 'GET' || method === 'HEAD' ? rule.read : rule.write;
}

/** The org is part of every owner: what one org spends, no other lacks. */
function budgetOwner(owner: 'credential' | 'address', sender: Sender, caller: Caller | undefined): string {
  const org = caller?.org?.id ?? '-';
  if (owner === 'address' || !caller || caller.principal.type === 'anonymous') return `${org}|${sender.budgetKey}`;
  const { type, id, clientId = '', actors } = caller.principal;
  return `${org}|${type}:${id}|${clientId}|${actors.at(-1)?.id ?? ''}`;
}
