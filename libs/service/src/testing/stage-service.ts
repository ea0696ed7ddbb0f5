import { randomBytes } from 'node:crypto';
import type { EphemeralStore } from '@lumo/database';
import { secret } from '@lumo/kit';
import {
  createInProcessBroadcast,
  createInProcessEventBus,
  createInProcessTransport,
  type JobQueue,
  type RpcImplementation,
} from '@lumo/messaging';
import { createContextCodec, type RequestContext } from '@lumo/tenancy';
import { createMasterKey } from '@lumo/token-signing';
import { pino } from 'pino';
import type { Adapters } from '../adapters.js';
import type { ServiceDefinition } from '../define-service.js';
import { createEgress } from '../egress/create-egress.js';
import { CONTEXT_HEADER } from '../http/register-routes.js';
import { createMetrics } from '../metrics.js';
import { type RunningService, startService } from '../start-service.js';

export interface StageOptions {
  /** `adminUrl` of a test database that has the schema of the service. */
  readonly adminUrl: string;
  /** Stand-ins for the services it calls. */
  readonly callees?: readonly RpcImplementation[];
}

export interface StageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body as JSON; whoever reads a member asserts what it is. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of every shape.
  readonly body: any;
}

/** One service behind the real shell, without a gateway: the test says who calls. */
export interface StagedService<App> {
  readonly running: RunningService<App>;
  /** `path` below the org's mount, e.g. `GET /admin/agents?limit=5`; without a context the call has none. */
  call(request: string, context?: RequestContext, body?: unknown): Promise<StageAnswer>;
  close(): Promise<void>;
}

/** Every test database gives its roles this password. */
const ROLE_PASSWORD = 'test';

/** Boots a service as production does, on adapters in memory and a test database. */
export async function stageService<App, Tables>(
  definition: ServiceDefinition<App, Tables>,
  { adminUrl, callees = [] }: StageOptions,
): Promise<StagedService<App>> {
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const realKey = createMasterKey(secret(randomBytes(32)));
  const codec = createContextCodec(realKey.derive('context-hmac'));
  const shared = { codec, logger, metrics: metrics.messaging };
  const transport = createInProcessTransport(shared);
  // Never started: events of the service stay in its outbox, where a test can read them.
  const bus = createInProcessEventBus(shared);
  const broadcast = createInProcessBroadcast(shared);
  const adapters: Adapters = {
    baseUrl: 'http://localhost:8000',
    masterKey: {
      ...realKey,
      derive: (label) =>
        label.startsWith('database-role:') ? Buffer.from(ROLE_PASSWORD, 'base64url') : realKey.derive(label),
    },
    codec,
    adminUrl,
    transport,
    bus,
    broadcast,
    metrics,
    egress: createEgress(),
    logger,
    ephemeralFor: () => absent<EphemeralStore>('short-lived state'),
    jobsFor: () => absent<JobQueue>('jobs'),
    readiness: {},
    async close() {
      await transport.close();
      await broadcast.close();
    },
  };
  await transport.serve(callees);
  const running = await startService(definition, adapters);
  return {
    running,
    async call(request, context, body) {
      const [method = 'GET', path = '/'] = request.split(' ');
      const answer = await running.fastify.inject({
        method: method as 'GET',
        url: `/orgs/${context?.org?.slug ?? 'nobody'}/api/v1${path}`,
        headers: {
          ...(context && { [CONTEXT_HEADER]: codec.seal(context, Date.now()) }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        body: isJson && answer.body !== '' ? JSON.parse(answer.body) : undefined,
      };
    },
    async close() {
      await running.close();
      await adapters.close();
    },
  };
}

/** Stands for an adapter that the staged service does not use. */
function absent<T extends object>(what: string): T {
  return new Proxy({} as T, {
    get: (_target, member) => () => Promise.reject(new Error(`the stage has no ${what} (${String(member)})`)),
  });
}
