import { randomUUID } from 'node:crypto';
import type { LumoEvent } from '@lumo/contracts';
import { createPublisher, silentLogger } from '@lumo/messaging';
import { ANONYMOUS, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { type FakeClock, fakeClock, type TestDatabase, testDatabase } from '@lumo/testing';
import { type AgentsApp, composeApp } from './app.js';
import { createAgentStore } from './store/agent-store.js';
import type { AgentsTables } from './store/agents-tables.js';
import { createDelegationStore } from './store/delegation-store.js';
import { createTransactions } from './store/transactions.js';

/** The agents app on a real database; authz is a list of `user permission` pairs. */
export interface AgentsUnderTest {
  readonly app: AgentsApp;
  readonly clock: FakeClock;
  readonly database: TestDatabase;
  /** What authz grants now. */
  readonly granted: Set<string>;
  /** How long the app waited, in milliseconds. */
  readonly waits: number[];
  /** Runs work for an org; the same name is the same org. */
  in<T>(org: string, work: (ctx: RequestContext) => Promise<T>, principal?: Principal): Promise<T>;
  consume(org: string, ...events: readonly Partial<LumoEvent>[]): Promise<void>;
  /** Events of an org in the order they were written, activity included. */
  events(org: string): Promise<readonly LumoEvent[]>;
  close(): Promise<void>;
}

export const ADMIN: Principal = { ...ANONYMOUS, type: 'api_key', id: 'key_test', scopes: ['admin:write'] };

export async function agentsUnderTest(): Promise<AgentsUnderTest> {
  const migrations = new URL('../migrations/', import.meta.url);
  const database = await testDatabase({ schemas: [{ name: 'agents', migrations }] });
  const pool = database.open<AgentsTables>('agents', { maxConnections: 8 });
  const clock = fakeClock();
  const granted = new Set<string>();
  const waits: number[] = [];
  const publisher = createPublisher({ service: 'agents', database: pool, logger: silentLogger, clock });
  const transactions = createTransactions(pool);
  const app = composeApp(
    {
      transactions,
      agents: createAgentStore(pool),
      delegations: createDelegationStore(),
      check: async (userId, permission) => granted.has(`${userId} ${permission}`),
      outbox: publisher.outbox,
      activity: publisher.activity,
      clock,
      wait: async (milliseconds) => void waits.push(milliseconds),
    },
    'http://localhost:8000',
  );
  const orgs = new Map<string, string>();
  const orgId = (slug: string) => {
    const id = orgs.get(slug) ?? randomUUID();
    orgs.set(slug, id);
    return id;
  };
  const under: AgentsUnderTest = {
    app,
    clock,
    database,
    granted,
    waits,
    in(org, work, principal = ADMIN) {
      const ctx: RequestContext = { org: { id: orgId(org), slug: org }, principal, requestId: randomUUID() };
      return runInContext(ctx, () => work(ctx));
    },
    consume: (org, ...events) =>
      under.in(org, () => transactions.run((tx) => app.closeDelegationsOfUsers(events as LumoEvent[], tx))),
    async events(org) {
      await publisher.flush();
      const rows = await database.admin<{ event: LumoEvent }>(
        'select event from agents.outbox where org_id = $1 order by ctid',
        [orgId(org)],
      );
      return rows.map((row) => row.event);
    },
    async close() {
      await publisher.close();
      await database.close();
    },
  };
  return under;
}
