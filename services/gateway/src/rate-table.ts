/** What a budget is counted by: the verified credential where there is one, or always the client's address. */
export type BudgetOwner = 'credential' | 'address';

export interface RateClassDefinition {
  /** Requests per window. */
  readonly limit: number;
  readonly windowSeconds: number;
  readonly owner: BudgetOwner;
  /**
   * What happens while the shared store does not answer. `count_alone`: requests go on and every gateway counts for
   * itself, because a machine that cannot ask for a decision is an outage. `refuse`: 503, because a password guesser
   * must not profit from a broken store.
   */
  readonly storeDown: 'count_alone' | 'refuse';
}

const machine = (limit: number, owner: BudgetOwner, windowSeconds = 60): RateClassDefinition => ({
  limit,
  windowSeconds,
  owner,
  storeDown: 'count_alone',
});

const strict = (limit: number, windowSeconds = 60): RateClassDefinition => ({
  limit,
  windowSeconds,
  owner: 'address',
  storeDown: 'refuse',
});

/**
 * Budgets of the gateway. Contract 1.9 documents them for one client or one person; an address is often many of them (an
 * office, a backend that signs in all its users), so budgets by address are about ten times that, and guessing a password
 * is stopped earlier by the lock on the account. Every budget belongs to one org: no org can spend another's.
 * `LUMO_RATE_LIMITS` overrides a limit by name.
 */
export const RATE_CLASSES = {
  /** Permission decisions: the hot loop of every application. */
  decision: machine(10_000, 'credential'),
  admin_read: machine(1000, 'credential'),
  admin_write: machine(1000, 'credential'),
  /** What agents and applications ask beside decisions. */
  api: machine(1000, 'credential'),
  audit_export: machine(10, 'credential', 3600),
  instance: machine(1000, 'credential'),
  oauth_token: machine(1000, 'address'),
  oauth_introspect: machine(10_000, 'address'),
  oauth_other: machine(600, 'address'),
  authorize: machine(600, 'address'),
  /** Discovery, keys, pages and their assets: cacheable, cheap. */
  public: machine(1000, 'address'),
  preflight: machine(1000, 'address'),
  /** Requests that reach no route or no org. */
  unrouted: machine(600, 'address'),
  /** Requests that failed to say who they are. Who can say it is never held back by a neighbour who cannot. */
  failed_credential: machine(300, 'address'),
  sign_in: strict(60),
  registration: strict(30),
} as const satisfies Record<string, RateClassDefinition>;

export type RateClass = keyof typeof RATE_CLASSES;

/** How many requests of one org a gateway process works on at a time (contract 1.9, the largest tier). */
export const CONCURRENT_PER_ORG = 100;
