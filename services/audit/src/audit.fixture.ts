import { randomUUID } from 'node:crypto';
import type { LumoEvent } from '@lumo/contracts';
import type { Database } from '@lumo/database';
import { uuidv7 } from '@lumo/kit';
import type { NewEvent } from '@lumo/messaging';
import { ANONYMOUS, type RequestContext, runInContext } from '@lumo/tenancy';
import { type FakeClock, fakeClock, type TestDatabase, testDatabase } from '@lumo/testing';
import { type AuditApp, composeApp } from './app.js';
import type { AuditTables } from './store/audit-tables.js';
import { createLogReader } from './store/log-reader.js';
import { createLogWriter } from './store/log-writer.js';

/** The audit app on a real database. */
export interface AuditUnderTest {
  readonly app: AuditApp;
  readonly clock: FakeClock;
  readonly database: TestDatabase;
  readonly pool: Database<AuditTables>;
  /** What the app recorded about itself. */
  readonly recorded: NewEvent[];
  orgId(org: string): string;
  in<T>(org: string, work: (ctx: RequestContext) => Promise<T>): Promise<T>;
  /** Applies events as the bus does: one transaction in the context of the org. */
  consume(org: string, events: readonly Partial<LumoEvent>[]): Promise<void>;
  event(org: string, change?: Partial<LumoEvent>): LumoEvent;
  close(): Promise<void>;
}

export async function auditUnderTest(): Promise<AuditUnderTest> {
  const migrations = new URL('../migrations/', import.meta.url);
  const database = await testDatabase({ schemas: [{ name: 'audit', migrations }] });
  const pool = database.open<AuditTables>('audit', { maxConnections: 8 });
  const clock = fakeClock();
  const recorded: NewEvent[] = [];
  const app = composeApp({
    writer: createLogWriter(),
    reader: createLogReader(pool),
    activity: { record: (event) => void recorded.push(event) },
    clock,
  });
  const orgs = new Map<string, string>();
  const under: AuditUnderTest = {
    app,
    clock,
    database,
    pool,
    recorded,
    orgId(org) {
      const id = orgs.get(org) ?? randomUUID();
      orgs.set(org, id);
      return id;
    },
    in(org, work) {
      const ctx: RequestContext = {
        org: { id: under.orgId(org), slug: org },
        principal: { ...ANONYMOUS, type: 'api_key', id: 'key_test', scopes: ['admin:read'] },
        requestId: randomUUID(),
      };
      return runInContext(ctx, () => work(ctx));
    },
    consume: (org, events) =>
      under.in(org, () =>
        pool.db.transaction().execute((tx) =>
          app.appendEvents(
            events.map((event) => under.event(org, event)),
            tx,
          ),
        ),
      ),
    event: (org, change) => ({
      id: uuidv7(),
      name: 'user.created',
      orgId: under.orgId(org),
      occurredAt: new Date(clock.now()).toISOString(),
      actor: { type: 'user', id: 'u1', name: 'Admin@acme.test' },
      actorChain: [],
      target: { type: 'user', id: 'u2', name: 'Bob' },
      result: 'success',
      data: {},
      requestId: 'req-1',
      ...change,
    }),
    close: () => database.close(),
  };
  return under;
}
