import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type ContextCodec, createContextCodec, type RequestContext } from '@lumo/tenancy';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createGateway, type Gateway, type GatewayOptions } from '../app.js';
import type { Upstream } from '../forward/forwarder.js';
import { createInProcessForwarder } from '../forward/in-process-forwarder.js';
import { rateBudgets } from '../limits/rate-budgets.js';
import { createFakeIdentity, type FakeIdentity } from './fake-identity.js';

/** What a service of the test saw of a request. */
export interface Seen {
  readonly service: Upstream;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly context: RequestContext | undefined;
  readonly body: unknown;
}

/** A gateway on a free port before services that answer with what they saw. */
export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly identity: FakeIdentity;
  readonly finished: { route: string; method: string; status: number }[];
  readonly services: ReadonlyMap<Upstream, FastifyInstance>;
  /** Sends bytes as they are and returns everything that comes back until the connection closes. */
  raw(bytes: string): Promise<string>;
  close(): Promise<void>;
}

export type TestGatewayOptions = Partial<
  Pick<
    GatewayOptions,
    'baseUrl' | 'trustedProxies' | 'clientCertificates' | 'limits' | 'counters' | 'maxBodyBytes' | 'clock' | 'budgets'
  >
> & {
  /** Services that do not run. */
  readonly down?: readonly Upstream[];
  readonly prepare?: (service: FastifyInstance, name: Upstream) => void;
};

const UPSTREAMS: readonly Upstream[] = ['authn', 'authz', 'agents', 'audit'];

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { baseUrl = 'http://localhost:8000', maxBodyBytes = 1024 * 1024 } = options;
  const identity = await createFakeIdentity(baseUrl);
  const codec = createContextCodec(Buffer.alloc(32, 7));
  const services = new Map<Upstream, FastifyInstance>();
  for (const name of UPSTREAMS) {
    if (!options.down?.includes(name))
      services.set(name, await startService(name, codec, maxBodyBytes, options.prepare));
  }
  const finished: TestGateway['finished'] = [];
  const gateway = createGateway({
    baseUrl,
    version: '0.0.0',
    trustedProxies: options.trustedProxies ?? [],
    clientCertificates: options.clientCertificates ?? { terminators: [], header: 'client-cert' },
    replay: memoryMarks(),
    nonceSecret: testNonceSecret,
    budgets: options.budgets ?? rateBudgets({ '*': 1_000_000 }),
    ...(options.counters && { counters: options.counters }),
    identity,
    codec,
    forwarder: (refuse) => createInProcessForwarder({ service: (upstream) => services.get(upstream) }, refuse),
    readiness: async () => {
      const parts = Object.fromEntries(UPSTREAMS.map((name) => [name, services.has(name) ? 'ok' : 'not running']));
      return { ready: services.size === UPSTREAMS.length, parts };
    },
    metrics: { contentType: 'text/plain; version=0.0.4', metrics: async () => '# HELP x y\n' },
    finished: ({ route, method, status }) => void finished.push({ route, method, status }),
    logger: pino({ level: 'silent' }),
    ...(options.clock && { clock: options.clock }),
    ...(options.limits && { limits: options.limits }),
    maxBodyBytes,
  });
  const port = await gateway.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    identity,
    finished,
    services,
    async raw(bytes) {
      const socket = connect(port, '127.0.0.1');
      let all = '';
      socket.on('data', (chunk) => {
        all += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      socket.write(bytes);
      await once(socket, 'close');
      return all;
    },
    async close() {
      await gateway.close();
      await Promise.all([...services.values()].map((service) => service.close()));
    },
  };
}

/** From which the nonces of an org are made. */
export function testNonceSecret(orgId: string): Uint8Array {
  return createHash('sha256').update(orgId).digest();
}

function memoryMarks(): GatewayOptions['replay'] {
  const used = new Set<string>();
  return {
    async first(key) {
      if (used.has(key)) return false;
      used.add(key);
      return true;
    },
  };
}

async function startService(
  name: Upstream,
  codec: ContextCodec,
  bodyLimit: number,
  prepare: TestGatewayOptions['prepare'],
): Promise<FastifyInstance> {
  const service = createFastify({ bodyLimit });
  service.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  service.get('/_internal/openapi.json', async () => ({ paths: { [`/${name}`]: { get: { tags: [name] } } } }));
  prepare?.(service, name);
  service.all('/*', (request, reply) => {
    const opened = codec.open(String(request.headers['x-lumo-context'] ?? ''), Date.now());
    const seen: Omit<Seen, 'headers'> & { headers: unknown } = {
      service: name,
      method: request.method,
      url: request.url,
      headers: request.headers,
      context: opened.ok ? opened.value : undefined,
      body: request.body,
    };
    return reply.send(seen);
  });
  await service.ready();
  return service;
}
