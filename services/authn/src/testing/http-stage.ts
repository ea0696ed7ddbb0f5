import assert from 'node:assert/strict';
import { authnV1 } from '@lumo/contracts';
import { EPHEMERAL_SCHEMA, openPostgresEphemeralStore } from '@lumo/database';
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
  instanceKeyOf,
  type Route,
  startService,
} from '@lumo/service';
import {
  ANONYMOUS,
  createContextCodec,
  type Org,
  type Principal,
  type RequestContext,
  runInContext,
} from '@lumo/tenancy';
import { testDatabase } from '@lumo/testing';
import { createMasterKey, type MasterKey } from '@lumo/token-signing';
import { type AuthnApp, createApp } from '../app.js';
import { authn } from '../authn.module.js';
import { apiKeyRoutes } from '../http/api-key-routes.js';
import { clientRoutes } from '../http/client-routes.js';
import { instanceRoutes } from '../http/instance-routes.js';
import { settingsRoutes } from '../http/settings-routes.js';
import { userRoutes } from '../http/user-routes.js';
import { CHEAP_HASH } from './directory-stage.js';
import { type FakeAuthz, fakeAuthz } from './fake-authz.js';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it asserts
  readonly body: any;
}

export interface Call {
  readonly org?: Org;
  readonly as?: Partial<Principal>;
  /** JSON value; `raw` is sent as it is. */
  readonly body?: unknown;
  readonly raw?: string;
}

/** authn behind its real shell: guard, parsing, error bodies. The gateway is played by sealed contexts. */
export interface HttpStage {
  readonly app: AuthnApp;
  readonly authz: FakeAuthz;
  /** As the gateway calls it. */
  readonly rpc: RpcClient<typeof authnV1.AuthnService>;
  readonly instanceKey: string;
  newOrg(slug: string): Promise<Org>;
  /** `path` below the mount of the org, or an absolute one without `org`. Every success must fit its route's schema. */
  call(method: string, path: string, call?: Call): Promise<Answer>;
  close(): Promise<void>;
}

export const DIRECTORY_ROUTES: readonly Route[] = [
  ...Object.values(userRoutes),
  ...Object.values(clientRoutes),
  ...Object.values(apiKeyRoutes),
  ...Object.values(settingsRoutes),
  ...Object.values(instanceRoutes),
] as unknown as readonly Route[];

export const FULL_KEY: Partial<Principal> = {
  type: 'api_key',
  id: 'key_full',
  scopes: ['admin:read', 'admin:write', 'authz:check'],
};

/** Test databases give every role one password; the shell derives it from the master key. */
function masterKeyOfTests(): MasterKey {
  const real = createMasterKey(secret(new Uint8Array(32).fill(9)));
  const derive = (label: string) =>
    label.startsWith('database-role:') ? Buffer.from('test', 'base64url') : real.derive(label);
  return { ...real, derive };
}

export async function openHttpStage(): Promise<HttpStage> {
  const database = await testDatabase({
    schemas: [
      { name: EPHEMERAL_SCHEMA.name, migrations: EPHEMERAL_SCHEMA.migrations, outbox: false },
      { name: authn.schema.name, migrations: authn.schema.migrations },
    ],
  });
  const masterKey = masterKeyOfTests();
  const codec = createContextCodec(masterKey.derive('context-hmac'));
  const transport = createInProcessTransport({ codec, logger: silentLogger });
  const authz = fakeAuthz();
  await transport.serve([authz.implementation]);
  const ephemeral = openPostgresEphemeralStore({ url: database.url(EPHEMERAL_SCHEMA.name), namespace: 'authn' });
  const noJobs = async () => undefined;
  const adapters: Adapters = {
    baseUrl: 'http://localhost:8000',
    masterKey,
    codec,
    adminUrl: database.adminUrl,
    transport,
    bus: createInProcessEventBus({ logger: silentLogger }),
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    metrics: createMetrics(),
    egress: createEgress(),
    logger: createLogger('silent', 'authn'),
    ephemeralFor: () => ephemeral,
    jobsFor: () => ({ enqueue: noJobs, work: noJobs, every: noJobs, ping: noJobs, close: noJobs }),
    readiness: {},
    close: noJobs,
  };
  const service = await startService(
    {
      ...authn,
      createApp: (platform) =>
        createApp(platform, { hashCost: CHEAP_HASH, mutualTls: { offered: false, verifiesChains: false } }),
    },
    adapters,
  );
  const { app, fastify } = service;
  await fastify.ready();

  const contextOf = ({ org, as }: Call): RequestContext => ({
    ...(org && { org }),
    principal: { ...ANONYMOUS, ...as },
    requestId: 'test',
  });
  return {
    app,
    authz,
    rpc: transport.rpc('gateway').client(authnV1.AuthnService),
    instanceKey: instanceKeyOf(masterKey),
    async newOrg(slug) {
      const ctx = contextOf({ as: { type: 'instance', id: 'instance' } });
      const { org } = await runInContext(ctx, () => app.createOrg(ctx, { slug, name: slug }));
      return { id: org.id, slug: org.slug };
    },
    async call(method, path, call = {}) {
      const url = call.org ? `/orgs/${call.org.slug}/api/v1${path}` : path;
      const payload = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
      const response = await fastify.inject({
        method: method as 'GET',
        url,
        headers: {
          [CONTEXT_HEADER]: codec.seal(contextOf(call), Date.now()),
          ...(payload !== undefined && { 'content-type': 'application/json' }),
        },
        ...(payload !== undefined && { payload }),
      });
      const answer = { status: response.statusCode, body: response.body === '' ? undefined : response.json() };
      requireContract(method, path, answer);
      return answer;
    },
    async close() {
      await service.close();
      await transport.close();
      await ephemeral.close();
      await database.close();
    },
  };
}

/** A success has the status and exactly the members that its route declares; a refusal is a problem body. */
function requireContract(method: string, path: string, { status, body }: Answer): void {
  if (status >= 400) {
    assert.equal(body.status, status);
    assert.equal(body.error, body.code);
    assert.equal(body.message, body.error_description);
    return;
  }
  const [bare = ''] = path.split('?');
  const route = DIRECTORY_ROUTES.find(
    (candidate) =>
      [candidate.method].flat().includes(method as never) &&
      [candidate.path, ...(candidate.aliases ?? [])].some((pattern) =>
        new RegExp(`^${pattern.replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`).test(bare),
      ),
  );
  const schema = route?.responses[status];
  assert.ok(schema, `${method} ${bare} declares no answer with status ${status}`);
  assert.deepEqual(schema.parse(body), body, `${method} ${bare}`);
}
