import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@lumo/contracts';
import { freePort, type LocalServer, startNats, startRedis, startTestServer } from '@lumo/testing';
import { TERMINATOR_SETTINGS } from '../support/tls-terminator.js';
import { createDataDir } from './data-dir.js';
import { programEnvironment, startProgram } from './program.js';
import { untilReady } from './readiness.js';
import type { Bootstrap, Shape } from './shape.js';
import { type Supervised, supervise } from './supervised.js';
import { testTls } from './test-tls.js';

/** One process of a service. */
export interface Replica extends Supervised {
  /** Where the gateway finds it. */
  readonly url: string;
}

/** Processes for every service over real NATS, Redis and PostgreSQL. */
export interface Cluster extends Shape {
  /** The first process of each service. */
  readonly services: Readonly<Record<ServiceName, Replica>>;
  readonly replicas: Readonly<Record<ServiceName, readonly Replica[]>>;
  /** 32 bytes; whoever has it can speak for the gateway. */
  readonly masterKey: Buffer;
  readonly nats: LocalServer;
  readonly redis: LocalServer;
}

export interface ClusterOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Processes of a service (1). The gateway's configuration knows the first; the others announce themselves. */
  readonly replicas?: Partial<Readonly<Record<Exclude<ServiceName, 'gateway'>, number>>>;
}

const CLI = 'services/standalone/dist/cli/main.js';
const TEST_SETTINGS = {
  LUMO_RATE_LIMITS: 'off',
  LUMO_PASSWORD_COST: 'm=64,t=1,p=1',
  LOG_LEVEL: 'warn',
  ...TERMINATOR_SETTINGS,
  // The servers of suites that this one has to call live on the loopback interface.
  LUMO_EGRESS_ALLOWED: 'localhost,127.0.0.1',
} as const;

/** Starts a whole cluster on free ports, waits until it is ready and seeds it from outside, as an operator would. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    return await start(options, undo);
  } catch (error) {
    await unwind(undo);
    throw error;
  }
}

async function start(
  { settings = {}, replicas: counts = {} }: ClusterOptions,
  undo: (() => Promise<unknown>)[],
): Promise<Cluster> {
  const tls = await testTls();
  const dataDir = await createDataDir();
  undo.push(() => dataDir.remove());
  const postgres = await startTestServer();
  undo.push(() => postgres.stop());
  const nats = required('nats-server', await startNats({ jetstream: true }));
  undo.push(() => nats.stop());
  const redis = required('redis-server', await startRedis());
  undo.push(() => redis.stop());

  const ports = Object.fromEntries(
    await Promise.all(
      SERVICES.map(async (name) => {
        const count = name === 'gateway' ? 1 : (counts[name] ?? 1);
        return [name, await Promise.all(Array.from({ length: count }, freePort))] as const;
      }),
    ),
  ) as Record<ServiceName, number[]>;
  const address = (port: number | undefined) => `http://127.0.0.1:${port}`;
  const [gatewayPort] = ports.gateway;
  const baseUrl = `http://localhost:${gatewayPort}`;
  const upstreams = SERVICES.filter((name) => name !== 'gateway').map((name) => `${name}=${address(ports[name][0])}`);
  const masterKey = randomBytes(32);
  const common = {
    ...TEST_SETTINGS,
    NODE_EXTRA_CA_CERTS: tls.caFile,
    DATABASE_URL: postgres.adminUrl,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    LUMO_MASTER_KEY: masterKey.toString('base64'),
    LUMO_BASE_URL: baseUrl,
    LUMO_PORT: String(gatewayPort),
    LUMO_UPSTREAMS: upstreams.join(','),
    ...settings,
  };
  const launch = (name: ServiceName, port: number): Replica => {
    const url = name === 'gateway' ? baseUrl : address(port);
    const env = programEnvironment({
      ...common,
      LUMO_HOST: name === 'gateway' ? 'localhost' : '127.0.0.1',
      LUMO_SERVICE_PORT: String(port),
      // Machines of their own: what one process keeps on disk no other one sees.
      LUMO_DATA_DIR: join(dataDir.path, `${name}-${port}`),
    });
    return Object.assign(supervise(name, url, { args: [`services/${name}/dist/main.js`], env }), { url });
  };
  const replicas = Object.fromEntries(
    SERVICES.map((name) => [name, ports[name].map((port) => launch(name, port))]),
  ) as Record<ServiceName, Replica[]>;
  const all = Object.entries(replicas).flatMap(([name, each]) =>
    each.map((replica, n) => [n === 0 ? name : `${name}-${n + 1}`, replica] as const),
  );
  const services = Object.fromEntries(all.filter(([name]) => name in replicas)) as Record<ServiceName, Replica>;
  undo.push(() => stopServices(Object.fromEntries(all)));

  await untilReady(baseUrl, () => undefined).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${outputOf(Object.fromEntries(all))}`, { cause: error });
  });
  const extra = all.filter(([name]) => !(name in replicas));
  await Promise.all(extra.map(([, replica]) => untilReady(replica.url, () => undefined)));
  const bootstrap = await seed(baseUrl, dataDir.path, programEnvironment(common));
  return {
    shape: 'cluster',
    baseUrl,
    bootstrap,
    adminDatabaseUrl: postgres.adminUrl,
    tls: tls.server,
    services,
    replicas,
    masterKey,
    nats,
    redis,
    stop: () => unwind(undo),
  };
}

/** Creates the demo org over HTTP with the instance key that follows from the master key. */
async function seed(baseUrl: string, folder: string, env: NodeJS.ProcessEnv): Promise<Bootstrap> {
  const file = join(folder, 'bootstrap.json');
  const program = startProgram({ args: [CLI, 'seed', '--url', baseUrl, '--out', file], env });
  const { code } = await program.ended;
  if (code !== 0) throw new Error(`seeding the cluster failed:\n${program.output()}`);
  return JSON.parse(await readFile(file, 'utf8')) as Bootstrap;
}

async function stopServices(services: Readonly<Record<string, Supervised>>): Promise<void> {
  const endings = await Promise.all(
    Object.entries(services).map(async ([name, service]) => ({ name, service, ...(await service.stop()) })),
  );
  const unclean = endings.filter(({ code }) => code !== 0);
  if (unclean.length > 0) {
    const texts = unclean.map(({ name, code, signal, service }) => `${name}: ${signal ?? code}\n${tail(service)}`);
    throw new Error(`services that did not end cleanly on SIGTERM:\n${texts.join('\n')}`);
  }
}

function outputOf(services: Readonly<Record<string, Supervised>>): string {
  return Object.entries(services)
    .map(([name, service]) => `--- ${name}\n${tail(service)}`)
    .join('\n');
}

function tail(service: Supervised): string {
  return service.output().slice(-3000);
}

/** Undoes in reverse order, all of it, and reports the first failure. */
async function unwind(undo: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let step = undo.pop(); step; step = undo.pop()) {
    await step().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

function required(name: string, server: LocalServer | undefined): LocalServer {
  if (!server) throw new Error(`${name} is not installed`);
  return server;
}
