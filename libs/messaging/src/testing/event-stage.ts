import type { LumoEvent, ServiceName } from '@lumo/contracts';
import type { Database } from '@lumo/database';
import { uuidv7 } from '@lumo/kit';
import { type Org, type RequestContext, runInContext, systemContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import { sql, type Transaction } from 'kysely';
import type { Subscriptions } from '../events/bus.js';
import type { EventConsumers, NewEvent } from '../events/events.js';
import type { EventPublisher } from '../events/publisher.js';

const CONSUMER_TABLES = new URL('../../fixtures/consumer/migrations/', import.meta.url);

/** The services that play in the event suites: `agents` publishes, `authn`, `authz` and `audit` subscribe. */
const PLAYERS = ['agents', 'authn', 'authz', 'audit'] as const;

/** A database with the tables of the players. */
export interface EventStage {
  readonly test: TestDatabase;
  database(service: ServiceName): Database<unknown>;
  /** Event ids that a consumer applied, with repetitions, in no order. */
  applied(
    service: ServiceName,
  ): Promise<readonly { event_id: string; org_id: string; name: string; batch_size: number }[]>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openEventStage(): Promise<EventStage> {
  const test = await testDatabase({ schemas: PLAYERS.map((name) => ({ name, migrations: [CONSUMER_TABLES] })) });
  const databases = new Map<ServiceName, Database<unknown>>();
  return {
    test,
    database(service) {
      const known = databases.get(service) ?? test.open<unknown>(service, { maxConnections: 8 });
      databases.set(service, known);
      return known;
    },
    applied: (service) => test.admin(`select event_id, org_id, name, batch_size from ${service}.applied`),
    async clear() {
      for (const name of PLAYERS) {
        await test.admin(`truncate ${name}.outbox, ${name}.inbox, ${name}.dead_letters, ${name}.applied`);
      }
    },
    close: () => test.close(),
  };
}

/** An org of its own for every test. */
export function newOrg(slug: string): Org {
  return { id: uuidv7(), slug };
}

export function contextOf(org: Org): RequestContext {
  return systemContext('agents', 'req-1', org);
}

/** Commits events of an org, as an operation does. */
export function publish(publisher: EventPublisher, org: Org, ...events: readonly NewEvent[]): Promise<void> {
  return runInContext(contextOf(org), () =>
    publisher.database.db.transaction().execute((tx) => publisher.outbox.append(tx, ...events)),
  );
}

/** A handler that notes every event it gets in the table `applied` of its schema. */
export async function noteApplied(events: readonly LumoEvent[], tx: Transaction<unknown>): Promise<void> {
  for (const event of events) {
    await sql`insert into applied (event_id, name, batch_size) values (${event.id}, ${event.name}, ${events.length})`.execute(
      tx,
    );
  }
}

/** Who gets what on the stage, whatever the topology says. */
export const STAGE_SUBSCRIPTIONS = {
  authn: ['agent.disabled', 'agent.deleted', 'agent.credentials.rotated'],
  authz: ['org.created', 'user.deleted', 'agent.deleted'],
  audit: ['*'],
} as const satisfies Subscriptions;

/** Handlers that note everything, for the subscriptions of each player. */
export const NOTING: Readonly<Record<'authn' | 'authz' | 'audit', EventConsumers>> = {
  authn: { 'agent.disabled': noteApplied, 'agent.deleted': noteApplied, 'agent.credentials.rotated': noteApplied },
  authz: { 'org.created': noteApplied, 'user.deleted': noteApplied, 'agent.deleted': noteApplied },
  audit: { '*': noteApplied },
};
