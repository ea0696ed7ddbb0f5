import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createContextCodec } from '@lumo/tenancy';
import { findProgram, type LocalServer, startRedis, type TestDatabase, testDatabase } from '@lumo/testing';
import { Redis } from 'ioredis';
import { silentLogger } from '../logger.js';
import type { JobProcessOrder } from '../testing/job-process.js';
import { runUntilKilled } from '../testing/killed-process.js';
import { createBullMqJobQueue } from './bullmq.js';
import type { JobQueueOptions } from './create-job-queue.js';
import type { Job, JobQueue } from './jobs.js';
import { createPgBossJobQueue, JOBS_SCHEMA } from './pg-boss.js';

const KEY = Buffer.alloc(32, 7);
const OPTIONS: JobQueueOptions = { service: 'authn', codec: createContextCodec(KEY), logger: silentLogger };
const skip = (await findProgram('redis-server')) ? false : 'redis-server is not installed';

const opened: JobQueue[] = [];
afterEach(() => Promise.all(opened.splice(0).map((jobs) => jobs.close())));

function keep<T extends JobQueue>(jobs: T): T {
  opened.push(jobs);
  return jobs;
}

/** A promise of the nth call from now on. */
function counter() {
  let calls = 0;
  let waiting: { at: number; resolve: () => void } | undefined;
  return {
    called() {
      calls += 1;
      if (waiting && calls >= waiting.at) waiting.resolve();
    },
    more(count: number): Promise<void> {
      return new Promise((resolve) => {
        waiting = { at: calls + count, resolve };
      });
    },
  };
}

describe('BullMQ when Redis fails', { skip }, () => {
  let redis: LocalServer;

  before(async () => {
    const started = await startRedis();
    assert.ok(started);
    redis = started;
  });
  after(() => redis.stop());

  const open = () => keep(createBullMqJobQueue({ ...OPTIONS, url: redis.url, aliveSeconds: 1 }));

  it('schedules again after a flush, and runs what is enqueued then', async () => {
    const jobs = open();
    const [scheduled, worked] = [counter(), counter()];
    await jobs.every('flushed-schedule', 1, async () => scheduled.called());
    await jobs.work('flushed-work', async () => worked.called());
    const first = worked.more(1);
    await jobs.enqueue('flushed-work', 1);
    await first;
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    const again = Promise.all([scheduled.more(2), worked.more(1)]);
    await jobs.enqueue('flushed-work', 2);
    await again;
  });

  it('refuses at once while Redis is gone, and goes on without help when it is back', async () => {
    const jobs = open();
    const [scheduled, worked] = [counter(), counter()];
    await jobs.every('gone-schedule', 1, async () => scheduled.called());
    await jobs.work('gone-work', async () => worked.called());
    await jobs.enqueue('gone-work', 0);
    await redis.kill();
    await assert.rejects(jobs.enqueue('gone-work', 1), { kind: 'unavailable', code: 'temporarily_unavailable' });
    await assert.rejects(jobs.ping(), { kind: 'unavailable' });
    await redis.start();
    const again = Promise.all([scheduled.more(2), worked.more(1)]);
    await untilDone(() => jobs.enqueue('gone-work', 2));
    await again;
    await jobs.ping();
  });

  it('gives the job of a killed process to another one', async () => {
    const jobs = open();
    await jobs.enqueue('killed', 'precious');
    const order: JobProcessOrder = {
      backend: 'BullMQ',
      url: redis.url,
      aliveSeconds: 1,
      queue: 'killed',
      key: KEY.toString('hex'),
    };
    assert.equal(await runUntilKilled('job-process.js', order), 'SIGKILL');
    const ran = Promise.withResolvers<Job>();
    await jobs.work('killed', async (job) => ran.resolve(job));
    assert.equal((await ran.promise).payload, 'precious');
  });
});

describe('pg-boss when a process is killed', () => {
  let database: TestDatabase;

  before(async () => {
    database = await testDatabase({ schemas: [{ ...JOBS_SCHEMA, outbox: false }] });
  });
  after(() => database.close());

  it('gives its job to another one', async () => {
    const url = database.url(JOBS_SCHEMA.name);
    const jobs = keep(createPgBossJobQueue({ ...OPTIONS, url, aliveSeconds: 10, pollSeconds: 0.5 }));
    await jobs.enqueue('killed', 'precious');
    const order: JobProcessOrder = {
      backend: 'pg-boss',
      url,
      aliveSeconds: 10,
      queue: 'killed',
      key: KEY.toString('hex'),
    };
    assert.equal(await runUntilKilled('job-process.js', order), 'SIGKILL');
    const ran = Promise.withResolvers<Job>();
    await jobs.work('killed', async (job) => ran.resolve(job));
    // Ten seconds without a sign of life have passed.
    const silent = await database.admin(
      "update jobs.job set heartbeat_on = heartbeat_on - interval '1 minute' where state = 'active' returning id",
    );
    assert.equal(silent.length, 1);
    const { payload, attempt } = await ran.promise;
    assert.deepEqual({ payload, attempt }, { payload: 'precious', attempt: 2 });
  });
});

async function untilDone(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
