import type { ServiceName } from '@lumo/contracts';
import type { Database, EphemeralStore } from '@lumo/database';
import type { Clock } from '@lumo/kit';
import type { ActivityLog, Broadcast, JobQueue, Outbox, Rpc } from '@lumo/messaging';
import type { MasterKey } from '@lumo/token-signing';
import type { Logger } from 'pino';
import type { Egress } from './egress/egress.js';

/** What the shell hands to a service's composition root. Nothing in it tells which shape (standalone, cluster) runs. */
export interface Platform<Tables = unknown, Name extends ServiceName = ServiceName> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Public base URL without a trailing slash; links and issuers are built from it, never from a request header. */
  readonly baseUrl: string;
  readonly masterKey: MasterKey;
  /** The master key before the current one, while stored secrets are sealed again. */
  readonly previousMasterKey?: MasterKey;
  readonly database: Database<Tables>;
  readonly rpc: Rpc<Name>;
  readonly outbox: Outbox;
  readonly activity: ActivityLog;
  /** Passing news to the other processes; a hint, never the truth. */
  readonly broadcast: Broadcast<Name>;
  /** A folder for copies of what the database holds; it may be emptied at any time. Absent: there is none. */
  readonly snapshotDir?: string;
  readonly ephemeral: EphemeralStore;
  readonly jobs: JobQueue;
  /** The only way to call an address that somebody else chose. */
  readonly egress: Egress;
}
