import { readFileSync } from 'node:fs';
import { migrate, openDatabase, schemaUrl } from '@lumo/database';
import {
  type Adapters,
  checkReadiness,
  MAX_BODY_BYTES,
  migrateServices,
  type Readiness,
  type ReadinessChecks,
  type RunningService,
  rolePassword,
  SERVICE_PORTS,
  type Settings,
  StartupError,
} from '@lumo/service';
import { dpopNonceLabel } from '@lumo/token-signing';
import { createGateway, type Gateway } from './app.js';
import type { Replicas } from './forward/destinations.js';
import type { Forwarder, ForwardRefusals, Upstream } from './forward/forwarder.js';
import { hearReplicas } from './forward/hear-replicas.js';
import { createInProcessForwarder } from './forward/in-process-forwarder.js';
import { createProxyForwarder } from './forward/proxy-forwarder.js';
import { createRpcIdentity } from './identity/rpc-identity.js';
import { rateBudgets } from './limits/rate-budgets.js';
import { postgresCounters, redisCounters, type SharedCounters } from './limits/shared-counters.js';
import { readAnswer } from './surface/health.js';

export interface StartGatewayOptions {
  readonly settings: Settings;
  readonly adapters: Adapters;
  /** The services of this process, ready to take requests; absent where each is a process of its own. */
  readonly services?: ReadonlyMap<string, Pick<RunningService, 'fastify' | 'readiness'>>;
}

/** A schema of its own, only where several gateways count budgets in PostgreSQL. */
const SCHEMA = 'gateway';
const MIGRATIONS = new URL('../migrations/', import.meta.url);

/** Composes the gateway from the settings and listens on `LUMO_HOST` and `LUMO_PORT`. */
export async function startGateway(options: StartGatewayOptions): Promise<Gateway> {
  const { settings, adapters, services } = options;
  const logger = adapters.logger.child({ service: 'gateway' });
  const shared = await openCounters(settings, adapters, services === undefined);
  // The first process of a cluster may be this one; what services share must be there before it is used.
  if (!services && !settings.REDIS_URL) await migrateServices(adapters.adminUrl, adapters.masterKey, []);
  const marks = adapters.ephemeralFor('gateway');
  const counting: ReadinessChecks = shared ? { 'gateway.budgets': () => shared.ping() } : {};
  const gateway = createGateway({
    baseUrl: settings.baseUrl,
    version: productVersion(),
    trustedProxies: settings.LUMO_TRUSTED_PROXIES,
    clientCertificates: {
      terminators: settings.LUMO_TLS_TERMINATORS,
      header: settings.LUMO_CLIENT_CERT_HEADER,
      ...(settings.LUMO_CLIENT_CERT_VERIFIED && { verified: settings.LUMO_CLIENT_CERT_VERIFIED }),
    },
    replay: { first: (key, ttlSeconds) => marks.add(key, '', ttlSeconds) },
    nonceSecret: (orgId) => adapters.masterKey.derive(dpopNonceLabel(orgId)),
    budgets: rateBudgets(settings.LUMO_RATE_LIMITS),
    ...(shared && { counters: shared.counters }),
    identity: createRpcIdentity(adapters.transport.rpc('gateway')),
    codec: adapters.codec,
    forwarder: services
      ? (refuse) => createInProcessForwarder({ service: (name) => services.get(name)?.fastify }, refuse)
      : (refuse) => createProxy(settings, hearReplicas(adapters.broadcast.as('gateway'), logger), refuse),
    readiness: async (forwarder) =>
      merge([
        await checkReadiness({ ...adapters.readiness, ...counting }),
        ...(await Promise.all(
          services
            ? [...services.values()].map((service) => service.readiness())
            : UPSTREAMS.map((upstream) => askReadiness(forwarder, upstream)),
        )),
      ]),
    metrics: adapters.metrics.registry,
    finished: (request) => adapters.metrics.requestFinished({ service: 'gateway', ...request }),
    logger,
    maxBodyBytes: MAX_BODY_BYTES,
  });
  try {
    await gateway.listen(settings.LUMO_PORT, settings.LUMO_HOST);
  } catch (error) {
    await gateway.close();
    await shared?.close();
    throw error;
  }
  return {
    ...gateway,
    async close() {
      await gateway.close();
      await shared?.close();
    },
  };
}

const UPSTREAMS = Object.keys(SERVICE_PORTS) as Upstream[];

/** Redis where there is one; else PostgreSQL for gateways of a cluster; a single process counts in its own memory. */
async function openCounters(
  settings: Settings,
  adapters: Adapters,
  mayBeSeveral: boolean,
): Promise<SharedCounters | undefined> {
  if (settings.LUMO_RATE_LIMITS === 'off') return undefined;
  if (settings.REDIS_URL) return redisCounters(settings.REDIS_URL.reveal());
  if (!mayBeSeveral) return undefined;
  const password = rolePassword(adapters.masterKey, SCHEMA);
  await migrate({ adminUrl: adapters.adminUrl, schemas: [{ name: SCHEMA, password, migrations: [MIGRATIONS] }] });
  return postgresCounters(
    openDatabase({
      url: schemaUrl(adapters.adminUrl, SCHEMA, password),
      applicationName: 'lumo-gateway',
      maxConnections: 10,
    }),
  );
}

function createProxy(settings: Settings, replicas: Replicas, refuse: ForwardRefusals): Forwarder {
  const named: Readonly<Record<string, string>> = settings.LUMO_UPSTREAMS;
  const unknown = Object.keys(named).find((name) => !Object.hasOwn(SERVICE_PORTS, name));
  if (unknown !== undefined) {
    throw new StartupError(
      'setting_invalid',
      `LUMO_UPSTREAMS: got the service "${unknown}", wants one of ${UPSTREAMS.join(', ')}`,
    );
  }
  const upstreams = Object.fromEntries(
    UPSTREAMS.map((name) => [name, named[name] ?? `http://127.0.0.1:${SERVICE_PORTS[name]}`]),
  ) as Record<Upstream, string>;
  return createProxyForwarder({ upstreams, replicas, maxBodyBytes: MAX_BODY_BYTES }, refuse);
}

async function askReadiness(forwarder: Forwarder, upstream: Upstream): Promise<Readiness> {
  try {
    return readAnswer(upstream, await forwarder.get(upstream, '/readyz'));
  } catch {
    return { ready: false, parts: { [upstream]: 'does not answer' } };
  }
}

function merge(all: readonly Readiness[]): Readiness {
  return { ready: all.every(({ ready }) => ready), parts: Object.assign({}, ...all.map(({ parts }) => parts)) };
}

function productVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
