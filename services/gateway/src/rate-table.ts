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
 * Budgets of the gateway (contract 1.9: the most permissive documented value for machines, the strict one where people
 * sign in). Every budget belongs to one org: no org can spend another's. `LUMO_RATE_LIMITS` overrides a limit by name.
 */
export const RATE_CLASSES = {
  /** Permission decisions: the hot loop of every application. */
  decision: machine(10_000, 'credential'),
  admin_read: machine(1000, 'credential'),
  admin_write: machine(100, 'credential'),
  /** What agents and applications ask beside decisions. */
  api: machine(1000, 'credential'),
  audit_export: machine(10, 'credential', 3600),
  instance: machine(100, 'credential'),
  oauth_token: machine(100, 'address'),
  oauth_introspect: machine(100, 'address'),
  oauth_other: machine(100, 'address'),
  authorize: machine(60, 'address'),
  /** Discovery, keys, pages and their assets: cacheable, cheap. */
  public: machine(1000, 'address'),
  preflight: machine(1000, 'address'),
  /** Requests that reach no route or no org. */
  unrouted: machine(100, 'address'),
  /** Requests that failed to say who they are; once it is spent, further credentials are not even looked at. */
  failed_credential: machine(60, 'address'),
  sign_in: strict(10),
  registration: strict(5),
} as const satisfies Record<string, RateClassDefinition>;

export type RateClass = keyof typeof RATE_CLASSES;

/** How many requests of one org a gateway process works on at a time (contract 1.9, the largest tier). */
export const CONCURRENT_PER_ORG = 100;
