import type { EphemeralStore } from '@lumo/database';
import type { EventBus, JobQueue, RpcTransport } from '@lumo/messaging';
import type { ContextCodec } from '@lumo/tenancy';
import type { MasterKey } from '@lumo/token-signing';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';

/** What the services of one process share. The settings alone decide which adapter stands behind each port. */
export interface Adapters {
  readonly baseUrl: string;
  readonly masterKey: MasterKey;
  readonly previousMasterKey?: MasterKey;
  readonly codec: ContextCodec;
  /** URL of a PostgreSQL role that may create schemas and roles; services connect as their own roles. */
  readonly adminUrl: string;
  readonly transport: RpcTransport;
  readonly bus: EventBus;
  readonly ephemeral: EphemeralStore;
  readonly jobs: JobQueue;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The password of a schema's role; every process derives the same one. */
export function rolePassword(masterKey: MasterKey, schema: string): string {
  return masterKey.derive(`database-role:${schema}`).toString('base64url');
}
