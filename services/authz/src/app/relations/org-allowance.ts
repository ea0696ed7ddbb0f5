import { DomainError } from '@lumo/kit';

/** Work in hand that an organization may have saved up, and how much of each second it may use from then on. */
const SAVED_MS = 2_000;
const SHARE = 0.8;
const REMEMBERED = 10_000;

interface Account {
  level: number;
  atMs: number;
}

/**
 * Time of the event loop by organization, so that the questions of one cannot keep all others waiting. Who used up its
 * time is refused, or waits if it can, until it has some again.
 */
export class OrgAllowance {
  readonly #accounts = new Map<string, Account>();
  readonly #elapsedMs: () => number;
  readonly #share: number;

  constructor(elapsedMs: () => number, share = SHARE) {
    this.#elapsedMs = elapsedMs;
    this.#share = share;
  }

  /** @throws DomainError where nothing is left */
  require(orgId: string): void {
    const waitMs = this.waitMs(orgId);
    if (waitMs <= 0) return;
    throw new DomainError(
      'exhausted',
      'too_many_requests',
      'The questions of this organization take more time than one organization may use. Ask fewer or narrower ones.',
      { retryAfterSeconds: Math.ceil(waitMs / 1_000) },
    );
  }

  /** Milliseconds until something is left; 0 where there is. */
  waitMs(orgId: string): number {
    const account = this.#accounts.get(orgId);
    if (!account) return 0;
    this.#refill(account);
    return account.level > 0 ? 0 : (1 - account.level) / this.#share;
  }

  spend(orgId: string, ms: number): void {
    let account = this.#accounts.get(orgId);
    if (account) this.#refill(account);
    else {
      // Forgetting is generous: everybody has the full allowance again.
      if (this.#accounts.size >= REMEMBERED) this.#accounts.clear();
      account = { level: SAVED_MS, atMs: this.#elapsedMs() };
      this.#accounts.set(orgId, account);
    }
    account.level -= ms;
  }

  #refill(account: Account): void {
    const now = this.#elapsedMs();
    account.level = Math.min(SAVED_MS, account.level + (now - account.atMs) * this.#share);
    account.atMs = now;
  }
}
