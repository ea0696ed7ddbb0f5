import type { ServiceName } from '@lumo/contracts';
import {
  EPHEMERAL_SCHEMA,
  type EphemeralStore,
  migrate,
  openPostgresEphemeralStore,
  openRedisEphemeralStore,
  schemaUrl,
} from '@lumo/database';
import type { Secret } from '@lumo/kit';
import {
  type BroadcastTransport,
  createBullMqJobQueue,
  createInProcessBroadcast,
  createInProcessEventBus,
  createInProcessTransport,
  createJetStreamEventBus,
  createNatsBroadcast,
  createNatsTransport,
  createPgBossJobQueue,
  type EventBus,
  JOBS_SCHEMA,
  type JobQueue,
  MESSAGING_MIGRATIONS,
  openNats,
  type RpcTransport,
} from '@lumo/messaging';
import { type ContextCodec, createContextCodec } from '@lumo/tenancy';
import { createMasterKey, type MasterKey } from '@lumo/token-signing';
import type { Logger } from 'pino';
import type { ServiceDefinition } from './define-service.js';
import { createEgress } from './egress/create-egress.js';
import type { Egress } from './egress/egress.js';
import type { ReadinessChecks } from './health.js';
import { createMetrics, type Metrics } from './metrics.js';
import type { Settings } from './settings.js';

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
  readonly broadcast: BroadcastTransport;
  readonly metrics: Metrics;
  readonly egress: Egress;
  readonly logger: Logger;
  ephemeralFor(service: ServiceName): EphemeralStore;
  jobsFor(service: ServiceName): JobQueue;
  /** Where services may keep copies of what the database holds. */
  readonly snapshotDir?: string;
  readonly readiness: ReadinessChecks;
  close(): Promise<void>;
}

export interface AdapterOptions {
  readonly settings: Settings;
  readonly masterKey: Secret<Uint8Array>;
  readonly adminUrl: string;
  readonly logger: Logger;
  /** The services of this process. Without NATS they must be all there are. */
  readonly hosts: readonly ServiceName[];
  /** Where `LUMO_SNAPSHOT_DIR` is not set. */
  readonly snapshotDir?: string;
}

/** The password of a schema's role; every process derives the same one. */
export function rolePassword(masterKey: MasterKey, schema: string): string {
  return masterKey.derive(`database-role:${schema}`).toString('base64url');
}

/** Brings the schemas of these services, and those the adapters need, to the version of the code. */
export async function migrateServices(
  adminUrl: string,
  masterKey: MasterKey,
  definitions: readonly Pick<ServiceDefinition<unknown>, 'schema'>[],
): Promise<void> {
  const schemas = [
    EPHEMERAL_SCHEMA,
    JOBS_SCHEMA,
    ...definitions.map(({ schema }) => ({ name: schema.name, migrations: [MESSAGING_MIGRATIONS, schema.migrations] })),
  ];
  await migrate({
    adminUrl,
    schemas: schemas.map((schema) => ({ ...schema, password: rolePassword(masterKey, schema.name) })),
  });
}

/** Chooses and opens the adapters: `NATS_URL`, `REDIS_URL` and `DATABASE_URL` each switch one of them. */
export function openAdapters(options: AdapterOptions): Adapters {
  const { settings, masterKey: root, adminUrl, logger, hosts } = options;
  const snapshotDir = settings.LUMO_SNAPSHOT_DIR ?? options.snapshotDir;
  const masterKey = createMasterKey(root);
  const codec = createContextCodec(masterKey.derive('context-hmac'));
  const metrics = createMetrics();
  const shared = { codec, logger, metrics: metrics.messaging };
  const nats =
    settings.NATS_URL && openNats({ url: settings.NATS_URL.reveal(), name: `lumo-${hosts.join('-')}`, logger });
  const transport = nats ? createNatsTransport({ ...shared, nats }) : createInProcessTransport(shared);
  const bus = nats ? createJetStreamEventBus({ ...shared, nats }) : createInProcessEventBus(shared);
  const speaking = { key: masterKey.derive('broadcast-hmac'), logger };
  const broadcast = nats ? createNatsBroadcast({ ...speaking, nats }) : createInProcessBroadcast(speaking);
  const redisUrl = settings.REDIS_URL?.reveal();
  const onError = (error: unknown) => logger.warn({ err: error }, 'short-lived state cannot be reached');
  const stores: EphemeralStore[] = [];
  const queues: JobQueue[] = [];
  return {
    baseUrl: settings.baseUrl,
    masterKey,
    ...(settings.LUMO_PREVIOUS_MASTER_KEY && { previousMasterKey: createMasterKey(settings.LUMO_PREVIOUS_MASTER_KEY) }),
    codec,
    adminUrl,
    ...(snapshotDir !== undefined && { snapshotDir }),
    transport,
    bus,
    broadcast,
    metrics,
    egress: createEgress({ allowed: settings.LUMO_EGRESS_ALLOWED, finished: metrics.egressFinished }),
    logger,
    ephemeralFor(namespace) {
      const store = redisUrl
        ? openRedisEphemeralStore({ url: redisUrl, namespace, onError })
        : openPostgresEphemeralStore({
            url: schemaUrl(adminUrl, EPHEMERAL_SCHEMA.name, rolePassword(masterKey, EPHEMERAL_SCHEMA.name)),
            namespace,
            onError,
          });
      stores.push(store);
      return store;
    },
    jobsFor(service) {
      const url = schemaUrl(adminUrl, JOBS_SCHEMA.name, rolePassword(masterKey, JOBS_SCHEMA.name));
      const queue = redisUrl
        ? createBullMqJobQueue({ ...shared, service, url: redisUrl })
        : createPgBossJobQueue({ ...shared, service, url });
      queues.push(queue);
      return queue;
    },
    readiness: {
      calls: () => transport.ping(),
      events: () => bus.ping(),
      'short-lived state': async () => void (await Promise.all(stores.map((store) => store.ping()))),
      jobs: async () => void (await Promise.all(queues.map((queue) => queue.ping()))),
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      await transport.close();
      await broadcast.close();
      await Promise.all(stores.map((store) => store.close()));
      await nats?.close();
    },
  };
}
