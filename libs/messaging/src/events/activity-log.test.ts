import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { runInContext } from '@lumo/tenancy';
import { silentLogger } from '../logger.js';
import { noMetrics } from '../metrics.js';
import { contextOf, newOrg } from '../testing/event-stage.js';
import { createActivityLog, type FlushableActivityLog } from './activity-log.js';
import type { EventDatabase } from './events.js';

/** A log on a database that refuses every statement with `error()`. */
function logThatCannotWrite(
  error: () => Error,
  capacity: number,
): { log: FlushableActivityLog; dropped: () => number } {
  let dropped = 0;
  const database = {
    db: {
      getExecutor() {
        throw error();
      },
    },
    ping: async () => {},
  } as unknown as EventDatabase;
  const log = createActivityLog({
    service: 'agents',
    database,
    logger: silentLogger,
    metrics: {
      ...noMetrics,
      activityDropped(_, count) {
        dropped += count;
      },
    },
    appended: () => {},
    capacity,
    flushMs: 3_600_000,
  });
  return { log, dropped: () => dropped };
}

describe('the activity log', () => {
  const record = (log: FlushableActivityLog, count: number) =>
    runInContext(contextOf(newOrg('acme')), () => {
      for (let i = 0; i < count; i += 1) log.record({ name: 'agent.action' });
    });
  const down = () => new DomainError('unavailable', 'temporarily_unavailable', 'Later.');

  it('drops and counts what does not fit into its buffer', async () => {
    const { log, dropped } = logThatCannotWrite(down, 5);
    record(log, 8);
    assert.equal(dropped(), 3);
    await assert.rejects(log.flush(), { kind: 'unavailable' });
  });

  it('keeps what could not be written because the database is away', async () => {
    const { log, dropped } = logThatCannotWrite(down, 5);
    record(log, 5);
    await assert.rejects(log.flush(), { kind: 'unavailable' });
    assert.equal(dropped(), 0);
    record(log, 1);
    assert.equal(dropped(), 1, 'the five are still there');
    await assert.rejects(log.flush(), { kind: 'unavailable' });
  });

  it('does not let what the database refuses hold up the rest', async () => {
    const { log, dropped } = logThatCannotWrite(() => new Error('invalid input syntax'), 5);
    record(log, 2);
    await log.flush();
    assert.equal(dropped(), 2);
  });

  it('refuses what happened in no organization, and what another service publishes', () => {
    const { log } = logThatCannotWrite(down, 5);
    const nowhere = { ...contextOf(newOrg('acme')), org: undefined };
    assert.throws(
      () => runInContext(nowhere, () => log.record({ name: 'agent.action' })),
      /outside of an organization/,
    );
    assert.throws(
      () => runInContext(contextOf(newOrg('acme')), () => log.record({ name: 'user.created' })),
      /user.created is not an event of agents/,
    );
  });
});
