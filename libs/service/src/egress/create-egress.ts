import { err, type Result } from '@lumo/kit';
import { currentContext } from '@lumo/tenancy';
import { type AllowedTargets, NOTHING_ELSE } from './allowed-targets.js';
import type { Egress, EgressFailure, EgressPurpose, EgressRequest, EgressResponse } from './egress.js';
import { oneExchange } from './one-exchange.js';
import { createSlots } from './org-slots.js';
import { type Resolve, resolveByMachine } from './resolve-target.js';

export interface EgressOptions {
  /** Beside the public internet; nothing by default. */
  readonly allowed?: AllowedTargets;
  /** How names become addresses; tests put theirs in place of the machine's. */
  readonly resolve?: Resolve;
  readonly perOrg?: number;
  readonly together?: number;
  /** Told of every request when it has ended. */
  readonly finished?: (request: {
    readonly purpose: EgressPurpose;
    readonly outcome: EgressFailure['reason'] | 'ok';
    readonly seconds: number;
  }) => void;
}

const TIMEOUT_MS = 3000;
const PER_ORG = 10;
const TOGETHER = 100;

/** Requests of one org, or of none, share its places. One that finds no place fails at once: nothing queues here. */
export function createEgress(options: EgressOptions = {}): Egress {
  const { allowed = NOTHING_ELSE, resolve = resolveByMachine, finished } = options;
  const slots = createSlots({ perOwner: options.perOrg ?? PER_ORG, together: options.together ?? TOGETHER });

  async function follow(first: string, request: EgressRequest): Promise<Result<EgressResponse, EgressFailure>> {
    const timeoutMs = request.timeoutMs ?? TIMEOUT_MS;
    const exchange = { policy: { allowed }, resolve, timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
    let url = first;
    for (let left = request.maxRedirects ?? 0; ; left--) {
      const answer = await oneExchange(url, request, exchange);
      if (!answer.ok) return answer;
      if (!('redirect' in answer.value)) return { ok: true, value: answer.value };
      // Only what may be repeated follows, and never from https to http.
      const isSafe =
        (request.method ?? 'GET') === 'GET' && !(url.startsWith('https:') && answer.value.redirect.startsWith('http:'));
      if (left <= 0 || !isSafe) return err({ reason: 'redirected' });
      url = answer.value.redirect;
    }
  }

  return {
    async fetch(url, request) {
      const started = performance.now();
      const owner = currentContext()?.org?.id ?? '';
      const answer = (await slots.run(owner, () => follow(url, request))) ?? err({ reason: 'busy' as const });
      finished?.({
        purpose: request.purpose,
        outcome: answer.ok ? 'ok' : answer.error.reason,
        seconds: (performance.now() - started) / 1000,
      });
      return answer;
    },
  };
}
