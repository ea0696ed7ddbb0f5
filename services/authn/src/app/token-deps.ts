import type { Clock } from '@lumo/kit';
import type { KeySets, TokenVerifier } from '@lumo/token-signing';
import type {
  Agents,
  ArtifactStore,
  ConsentStore,
  GrantStore,
  RecentClients,
  RevocationLog,
  SessionStore,
} from '../oidc-ports.js';
import type { ActivityLog, Outbox, Roles, Transactions, UserStore } from '../ports.js';

/** Everything that sessions and tokens are made from; each operation takes the part it names. */
export interface TokenDeps {
  readonly clock: Clock;
  readonly baseUrl: string;
  readonly transactions: Transactions;
  readonly outbox: Outbox;
  readonly activity: ActivityLog;
  readonly users: UserStore;
  readonly roles: Roles;
  readonly clients: RecentClients;
  readonly agents: Agents;
  readonly sessions: SessionStore;
  readonly grants: GrantStore;
  readonly artifacts: ArtifactStore;
  readonly consents: ConsentStore;
  readonly revocationLog: RevocationLog;
  readonly keySets: KeySets;
  readonly verifier: TokenVerifier;
  /** Resolves after so many milliseconds; at once for 0. */
  wait(milliseconds: number): Promise<void>;
}
