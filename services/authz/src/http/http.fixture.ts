import { randomBytes } from 'node:crypto';
import { authzV1 } from '@lumo/contracts';
import { secret } from '@lumo/kit';
import {
  createInProcessBroadcast,
  createInProcessEventBus,
  createInProcessTransport,
  type RpcClient,
  silentLogger,
} from '@lumo/messaging';
import {
  type Adapters,
  CONTEXT_HEADER,
  createEgress,
  createLogger,
  createMetrics,
  type ServiceDefinition,
  startService,
} from '@lumo/service';
import { ANONYMOUS, createContextCodec, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { createMasterKey, type MasterKey } from '@lumo/token-signing';
import type { AuthzApp } from '../app.js';
import { authz } from '../authz.module.js';
import type { AuthzTables } from '../store/tables.js';
import { startTestService, type TestOrg, type TestService } from '../store/test-org.fixture.js';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the wire carries, and asserts it.
  readonly body: any;
}

/** Whoever calls: a principal of an org. */
export interface Caller {
  readonly org: TestOrg;
  readonly principal: Partial<Principal> & Pick<Principal, 'type' | 'id'>;
}

/** The service behind its shell: real routes, real guard, real database; requests carry a sealed context. */
export interface HttpService {
  readonly service: TestService;
  newOrg(): Promise<TestOrg>;
  /** `url` is below the org's mount, unless it begins with `/api/`. */
  call(caller: Caller, method: string, url: string, body?: unknown): Promise<Answer>;
  /** A request as it comes, without a context where none is given. */
  raw(
    method: string,
    url: string,
    options?: { readonly headers?: Record<string, string>; readonly payload?: string },
  ): Promise<Answer>;
  seal(context: RequestContext): Record<string, string>;
  rpc(org: TestOrg): RpcClient<typeof authzV1.AuthzService>;
  readonly paths: () => Promise<Record<string, Record<string, unknown>>>;
  close(): Promise<void>;
}

export const API_KEY: Caller['principal'] = { type: 'api_key', id: 'key_1', scopes: ['admin:read', 'admin:write'] };

export async function startHttpService(
  definition: ServiceDefinition<AuthzApp, AuthzTables> = authz,
): Promise<HttpService> {
  const service = await startTestService();
  const codec = createContextCodec(randomBytes(32));
  const metrics = createMetrics();
  const shared = { codec, logger: silentLogger, metrics: metrics.messaging };
  const transport = createInProcessTransport(shared);
  const adapters: Adapters = {
    baseUrl: 'http://localhost',
    masterKey: testMasterKey(),
    codec,
    adminUrl: service.database.adminUrl,
    transport,
    bus: createInProcessEventBus(shared),
    broadcast: createInProcessBroadcast(shared),
    metrics,
    egress: createEgress(),
    logger: createLogger('silent', 'authz'),
    ephemeralFor: () => unused('short-lived state'),
    // The one job removes what deleted stores left; tests of it run it themselves.
    jobsFor: () => ({ enqueue: noJobs, work: noJobs, every: noJobs, ping: noJobs, close: noJobs }),
    readiness: {},
    close: async () => {},
  };
  const running = await startService(definition, adapters);
  const { fastify } = running;

  const raw: HttpService['raw'] = async (method, url, { headers = {}, payload } = {}) => {
    const response = await fastify.inject({
      method: method as 'GET',
      url,
      headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(payload !== undefined && { payload }),
    });
    return { status: response.statusCode, body: response.body === '' ? undefined : response.json() };
  };
  const seal = (context: RequestContext) => ({ [CONTEXT_HEADER]: codec.seal(context, Date.now()) });

  return {
    service,
    newOrg: () => service.newOrg(),
    raw,
    seal,
    call: ({ org, principal }, method, url, body) =>
      raw(method, url.startsWith('/api/') ? url : `/orgs/${org.org.slug}/api/v1${url}`, {
        headers: seal({ org: org.org, principal: { ...ANONYMOUS, ...principal }, requestId: 'req_1' }),
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      }),
    rpc(org) {
      const client = transport.rpc('authn').client(authzV1.AuthzService);
      return new Proxy(client, {
        get: (target, name) => (request: never) =>
          runInContext(org.ctx, () => target[name as keyof typeof target](request)),
      });
    },
    paths: async () => (await raw('GET', '/_internal/openapi.json')).body.paths,
    async close() {
      await running.close();
      await transport.close();
      await service.close();
    },
  };
}

/** The schemas of a test database have one password, which the shell derives from the master key. */
function testMasterKey(): MasterKey {
  const key = createMasterKey(secret(new Uint8Array(randomBytes(32))));
  return {
    ...key,
    derive: (label) => (label.startsWith('database-role:') ? Buffer.from('test', 'base64url') : key.derive(label)),
  };
}

async function noJobs(): Promise<void> {}

function unused(what: string): never {
  return new Proxy({}, { get: () => () => Promise.reject(new Error(`authz uses no ${what}`)) }) as never;
}
