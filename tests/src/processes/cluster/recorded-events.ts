import assert from 'node:assert/strict';
import pg from 'pg';
import { waitUntil } from '../../support/wait-until.js';

/** What became of events, seen in the database of the whole platform. */
export interface RecordedEvents {
  /** Waits until each of these requests has this event in the audit log, and fails where one has it twice. */
  requireOnce(action: string, requestIds: readonly string[]): Promise<void>;
  /** Fails where one of these requests has this event more than once. */
  requireNoneTwice(action: string, requestIds: readonly string[]): Promise<void>;
  /** Waits until no service has an event left to send, and fails where one was given up. */
  requireAllSettled(): Promise<void>;
  close(): Promise<void>;
}

const SCHEMAS = ['authn', 'authz', 'agents', 'audit'] as const;
/** A batch that a killed consumer had in hand comes again after 30 s, the acknowledgement time of JetStream. */
const PATIENCE_MS = 60_000;

export async function openRecordedEvents(adminDatabaseUrl: string): Promise<RecordedEvents> {
  const client = new pg.Client({ connectionString: adminDatabaseUrl });
  client.on('error', () => undefined);
  await client.connect();

  async function counts(action: string, requestIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await client.query<{ request_id: string; count: number }>(
      'select request_id, count(*)::int as count from audit.log where name = $1 and request_id = any($2) group by 1',
      [action, requestIds],
    );
    return new Map(rows.map((row) => [row.request_id, row.count]));
  }

  async function total(table: 'outbox' | 'dead_letters'): Promise<number> {
    const all = SCHEMAS.map((schema) => `select count(*)::int as count from ${schema}.${table}`).join(' union all ');
    const { rows } = await client.query<{ count: number }>(all);
    return rows.reduce((sum, { count }) => sum + count, 0);
  }

  async function requireNoneTwice(action: string, requestIds: readonly string[]): Promise<void> {
    const twice = [...(await counts(action, requestIds))].filter(([, count]) => count > 1);
    assert.deepEqual(twice, [], `${action} is recorded twice`);
  }

  return {
    async requireOnce(action, requestIds) {
      await waitUntil(async () => (await counts(action, requestIds)).size === new Set(requestIds).size, {
        what: `${requestIds.length} requests have ${action} in the audit log`,
        forMs: PATIENCE_MS,
        everyMs: 100,
      });
      await requireNoneTwice(action, requestIds);
    },
    requireNoneTwice,
    async requireAllSettled() {
      await waitUntil(async () => (await total('outbox')) === 0, {
        what: 'every outbox is empty',
        forMs: PATIENCE_MS,
        everyMs: 100,
      });
      assert.equal(await total('dead_letters'), 0, 'no event was given up');
    },
    close: () => client.end(),
  };
}
