import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EPHEMERAL_SCHEMA, openPostgresEphemeralStore } from '@lumo/database';
import { secret } from '@lumo/kit';
import {
  createInProcessBroadcast,
  createInProcessEventBus,
  createInProcessTransport,
  silentLogger,
} from '@lumo/messaging';
import { type Adapters, CONTEXT_HEADER, createEgress, createLogger, createMetrics, startService } from '@lumo/service';
import { ANONYMOUS, createContextCodec, type Org, type RequestContext, runInContext } from '@lumo/tenancy';
import { testDatabase } from '@lumo/testing';
import { createMasterKey } from '@lumo/token-signing';
import { type AuthnApp, createApp } from '../app.js';
import { authn } from '../authn.module.js';
import type { ClientDraft } from '../core/client-registration.js';
import type { User } from '../core/user.js';
import type { Tx } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import { CHEAP_HASH } from './directory-stage.js';
import { type FakeAgents, fakeAgents } from './fake-agents.js';
import { type FakeAuthz, fakeAuthz } from './fake-authz.js';

export const PASSWORD = 'a sentence to sign in with';

export interface StageClient {
  readonly clientId: string;
  readonly secret?: string;
}

export interface StageEvent {
  readonly name: string;
  readonly result: string;
  readonly actor: { readonly type: string; readonly id: string };
  readonly data: Readonly<Record<string, unknown>>;
}

/** authn behind its real shell on a real port; the gateway is played by a server that seals contexts. */
export interface OidcStage {
  readonly origin: string;
  readonly app: AuthnApp;
  readonly agents: FakeAgents;
  readonly authz: FakeAuthz;
  issuer(org: Org): string;
  newOrg(slug: string): Promise<Org>;
  newUser(org: Org, email: string, roles?: readonly string[]): Promise<User>;
  newClient(org: Org, draft: Partial<ClientDraft>): Promise<StageClient>;
  /** Runs an operation of the app as an administrator of the org. */
  asAdmin<T>(org: Org, work: (ctx: RequestContext) => Promise<T>): Promise<T>;
  /** An event of a name in the outbox; waits for the activity log, which writes a moment later. */
  event(org: Org, name: string, isMeant?: (event: StageEvent) => boolean): Promise<StageEvent>;
  /** Runs what is scheduled under this name, as a job of the installation. */
  runJob(queue: string): Promise<void>;
  /** A transaction of the service's own schema, in the org of the context. */
  transaction(work: (tx: Tx) => Promise<void>): Promise<void>;
  /** SQL past row-level security. */
  admin<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export interface OidcStageOptions {
  /** What the installation is called from outside; the stage itself always listens on plain http. */
  readonly baseUrl?: string;
}

export async function openOidcStage({ baseUrl }: OidcStageOptions = {}): Promise<OidcStage> {
  const database = await testDatabase({
    schemas: [
      { name: EPHEMERAL_SCHEMA.name, migrations: EPHEMERAL_SCHEMA.migrations, outbox: false },
      { name: 'authn', migrations: authn.schema.migrations },
    ],
  });
  const ephemeral = openPostgresEphemeralStore({ url: database.url(EPHEMERAL_SCHEMA.name), namespace: 'authn' });
  const { db } = database.open<AuthnTables>('authn', { maxConnections: 2 });
  const real = createMasterKey(secret(new Uint8Array(32).fill(7)));
  // Test databases give every role one password.
  const masterKey = {
    ...real,
    derive: (label: string) =>
      label.startsWith('database-role:') ? Buffer.from('test', 'base64url') : real.derive(label),
  };
  const codec = createContextCodec(masterKey.derive('context-hmac'));
  const transport = createInProcessTransport({ codec, logger: silentLogger });
  const agents = fakeAgents();
  const authz = fakeAuthz();
  await transport.serve([agents.implementation]);
  await transport.serve([authz.implementation]);

  const orgs = new Map<string, Org>();
  let route: Awaited<ReturnType<typeof startService>>['fastify'] | undefined;
  const server = createServer((request, response) => {
    const [, slug = ''] = /\/(?:orgs|t)\/([^/?]+)/.exec(request.url ?? '') ?? [];
    const org = orgs.get(slug);
    const context: RequestContext = {
      ...(org && { org }),
      principal: ANONYMOUS,
      requestId: 'test',
      ip: '192.0.2.7',
      userAgent: 'stage',
      ...certificateOf(request),
    };
    request.headers[CONTEXT_HEADER] = codec.seal(context, Date.now());
    request.url = request.url?.replace(/^\/t\//, '/orgs/');
    route?.routing(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;

  const noJobs = async () => undefined;
  const schedule = new Map<string, () => Promise<void>>();
  const adapters: Adapters = {
    baseUrl: baseUrl ?? origin,
    masterKey,
    codec,
    adminUrl: database.adminUrl,
    transport,
    bus: createInProcessEventBus({ logger: silentLogger }),
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    metrics: createMetrics(),
    egress: createEgress(),
    logger: createLogger(process.env.LOG_LEVEL === 'debug' ? 'debug' : 'silent', 'authn'),
    ephemeralFor: () => ephemeral,
    jobsFor: () => ({
      enqueue: noJobs,
      work: noJobs,
      every: async (queue, _seconds, handler) => void schedule.set(queue, handler),
      ping: noJobs,
      close: noJobs,
    }),
    readiness: {},
    close: noJobs,
  };
  const service = await startService(
    {
      ...authn,
      createApp: (platform) =>
        createApp(platform, { hashCost: CHEAP_HASH, mutualTls: { offered: true, verifiesChains: true } }),
    },
    adapters,
  );
  await service.fastify.ready();
  route = service.fastify;
  const { app } = service;

  const asAdmin = <T>(org: Org | undefined, work: (ctx: RequestContext) => Promise<T>): Promise<T> => {
    const ctx: RequestContext = {
      ...(org && { org }),
      principal: { ...ANONYMOUS, type: 'instance', id: 'instance', scopes: ['admin:read', 'admin:write'] },
      requestId: 'test',
    };
    return runInContext(ctx, () => work(ctx));
  };

  return {
    origin,
    app,
    agents,
    authz,
    issuer: ({ slug }) => `${baseUrl ?? origin}/orgs/${slug}/api/v1`,
    async newOrg(slug) {
      const { org } = await asAdmin(undefined, (ctx) => app.createOrg(ctx, { slug, name: `Org ${slug}` }));
      orgs.set(slug, { id: org.id, slug });
      return { id: org.id, slug };
    },
    async newUser(org, email, roles = []) {
      const created = await asAdmin(org, (ctx) =>
        app.createUser(ctx, { email, password: PASSWORD, givenName: 'Alice', familyName: 'Adams', roles }),
      );
      return created.user;
    },
    async newClient(org, draft) {
      const { client, secret: text } = await asAdmin(org, (ctx) =>
        app.createClient(ctx, { name: 'Test app', ...draft }),
      );
      return { clientId: client.clientId, ...(text && { secret: text }) };
    },
    asAdmin,
    async event(org, name, isMeant = () => true) {
      for (const deadline = Date.now() + 5000; Date.now() < deadline; await delay(20)) {
        const rows = await database.admin<{ event: StageEvent }>(
          'select event from authn.outbox where org_id = $1 and name = $2 order by id desc',
          [org.id, name],
        );
        const found = rows.find(({ event }) => isMeant(event));
        if (found) return found.event;
      }
      throw new Error(`no such event ${name}`);
    },
    async runJob(queue) {
      const job = schedule.get(queue);
      if (!job) throw new Error(`nothing is scheduled as ${queue}`);
      await job();
    },
    transaction: (work) => db.transaction().execute(work),
    admin: (text, values) => database.admin(text, values),
    async close() {
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
      await service.close();
      await transport.close();
      await ephemeral.close();
      await database.close();
    },
  };
}

/** The certificate of a request, as a TLS terminator would have told the gateway: percent-encoded PEM. */
function certificateOf({ headers }: IncomingMessage): Pick<RequestContext, 'clientCertificate'> {
  const text = headers['client-cert'];
  if (typeof text !== 'string') return {};
  const { raw } = new X509Certificate(decodeURIComponent(text));
  const verified = headers['client-cert-verified'] === 'yes';
  return { clientCertificate: { der: raw.toString('base64'), verified } };
}
