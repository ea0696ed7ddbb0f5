import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { createContextCodec, currentContext, type RequestContext, runInContext } from '@lumo/tenancy';
import type { JobQueueOptions } from '../jobs/create-job-queue.js';
import type { Job, JobQueue } from '../jobs/jobs.js';
import { silentLogger } from '../logger.js';
import { noMetrics } from '../metrics.js';
import { newOrg } from './event-stage.js';

const codec = createContextCodec(Buffer.alloc(32, 7));

const CONTEXT: RequestContext = {
  org: newOrg('acme'),
  principal: { type: 'user', id: 'alice', scopes: ['admin'], actors: [] },
  requestId: 'req-1',
};

/** What every job queue promises. `open` answers a queue that shares its jobs with all others that were opened. */
export function jobQueueContract(
  name: string,
  open: (options: JobQueueOptions) => Promise<JobQueue>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${name}: the job queue contract`, { skip: options.skip ?? false }, () => {
    const opened: JobQueue[] = [];
    let queues = 0;

    afterEach(() => Promise.all(opened.splice(0).map((jobs) => jobs.close())));

    async function start(more: Partial<JobQueueOptions> = {}): Promise<JobQueue> {
      const jobs = await open({ service: 'authn', codec, logger: silentLogger, ...more });
      opened.push(jobs);
      return jobs;
    }

    /** A queue name of its own for every test. */
    function newQueue(): string {
      queues += 1;
      return `test-${queues}-${Math.trunc(performance.timeOrigin)}`;
    }

    it('runs a job with its payload', async () => {
      const jobs = await start();
      const queue = newQueue();
      const ran = Promise.withResolvers<Job>();
      await jobs.work(queue, async (job) => ran.resolve(job));
      await jobs.enqueue(queue, { to: 'älice', list: [1, null] });
      const { payload, attempt } = await ran.promise;
      assert.deepEqual({ payload, attempt }, { payload: { to: 'älice', list: [1, null] }, attempt: 1 });
    });

    it('runs what was enqueued before anybody worked', async () => {
      const queue = newQueue();
      await (await start()).enqueue(queue, 1);
      const ran = Promise.withResolvers<Job>();
      await (await start()).work(queue, async (job) => ran.resolve(job));
      assert.equal((await ran.promise).payload, 1);
    });

    it('runs a job as the service, in the org of whoever enqueued it', async () => {
      const jobs = await start();
      const queue = newQueue();
      const ran = Promise.withResolvers<RequestContext | undefined>();
      await jobs.work(queue, async () => ran.resolve(currentContext()));
      await runInContext(CONTEXT, () => jobs.enqueue(queue, null));
      const seen = await ran.promise;
      assert.deepEqual(seen?.org, CONTEXT.org);
      assert.deepEqual([seen?.principal.type, seen?.principal.id, seen?.principal.scopes], ['service', 'authn', []]);
      assert.equal(seen?.requestId, 'req-1');
    });

    it('does not run a job whose context somebody else sealed', async () => {
      const queue = newQueue();
      let ran = false;
      const failed = Promise.withResolvers<void>();
      const metrics = { ...noMetrics, jobFinished: () => {} };
      const stranger = await start({ codec: createContextCodec(Buffer.alloc(32, 8)) });
      await runInContext(CONTEXT, () => stranger.enqueue(queue, null, { attempts: 1 }));
      const jobs = await start({ metrics });
      await jobs.work(queue, async ({ payload }) => {
        if (payload === 'ours') failed.resolve();
        else ran = true;
      });
      await jobs.enqueue(queue, 'ours');
      await failed.promise;
      assert.equal(ran, false);
    });

    it('runs a delayed job later', async () => {
      const jobs = await start();
      const queue = newQueue();
      const order: unknown[] = [];
      const both = Promise.withResolvers<void>();
      await jobs.work(queue, async ({ payload }) => {
        order.push(payload);
        if (order.length === 2) both.resolve();
      });
      await jobs.enqueue(queue, 'later', { delaySeconds: 1 });
      await jobs.enqueue(queue, 'now');
      await both.promise;
      assert.deepEqual(order, ['now', 'later']);
    });

    it('tries a failed job again', async () => {
      const outcomes: string[] = [];
      const jobs = await start({
        metrics: { ...noMetrics, jobFinished: ({ outcome }) => void outcomes.push(outcome) },
      });
      const queue = newQueue();
      const ran = Promise.withResolvers<Job>();
      await jobs.work(queue, async (job) => {
        if (job.attempt === 1) throw new Error('not yet');
        ran.resolve(job);
      });
      await jobs.enqueue(queue, 'x');
      assert.equal((await ran.promise).attempt, 2);
      await jobs.close();
      assert.deepEqual(outcomes, ['retry', 'done']);
    });

    it('gives up after the last attempt, says so, and lets the others go on', async () => {
      const failed = Promise.withResolvers<void>();
      const jobs = await start({
        metrics: { ...noMetrics, jobFinished: ({ outcome }) => void (outcome === 'failed' && failed.resolve()) },
      });
      const queue = newQueue();
      const ran = Promise.withResolvers<void>();
      await jobs.work(queue, async ({ payload }) => {
        if (payload === 'bad') throw new DomainError('conflict', 'no_way', 'Never.');
        ran.resolve();
      });
      await jobs.enqueue(queue, 'bad', { attempts: 1 });
      await jobs.enqueue(queue, 'good');
      await failed.promise;
      await ran.promise;
    });

    it('shares jobs between processes, each run once', async () => {
      const queue = newQueue();
      const seen: unknown[] = [];
      const all = Promise.withResolvers<void>();
      for (const jobs of [await start(), await start()]) {
        await jobs.work(queue, async ({ payload }) => {
          seen.push(payload);
          if (seen.length === 40) all.resolve();
        });
      }
      const jobs = await start();
      await Promise.all(Array.from({ length: 40 }, (_, i) => jobs.enqueue(queue, i)));
      await all.promise;
      assert.deepEqual(
        seen.map(Number).sort((a, b) => a - b),
        Array.from({ length: 40 }, (_, i) => i),
      );
    });

    it('keeps the jobs of services apart', async () => {
      const queue = newQueue();
      const ran = Promise.withResolvers<unknown>();
      await (await start({ service: 'audit' })).work(queue, async () => ran.reject(new Error('audit ran it')));
      const authn = await start({ service: 'authn' });
      await authn.work(queue, async ({ payload }) => ran.resolve(payload));
      await authn.enqueue(queue, 'mine');
      assert.equal(await ran.promise, 'mine');
    });

    it('runs a schedule once per interval, in however many processes', async () => {
      const queue = newQueue();
      let runs = 0;
      let org: unknown = 'unseen';
      const thrice = Promise.withResolvers<void>();
      const startedMs = Date.now();
      for (const jobs of [await start(), await start(), await start()]) {
        await jobs.every(queue, 1, async () => {
          runs += 1;
          org = currentContext()?.org;
          if (runs === 3) thrice.resolve();
        });
      }
      await thrice.promise;
      const intervals = Math.floor(Date.now() / 1000) - Math.floor(startedMs / 1000) + 1;
      assert.ok(runs <= intervals, `${runs} runs in ${intervals} intervals`);
      assert.equal(org, undefined);
    });

    it('finishes the job in hand when it closes', async () => {
      const jobs = await start();
      const queue = newQueue();
      const arrived = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      let finished = false;
      await jobs.work(queue, async () => {
        arrived.resolve();
        await released.promise;
        finished = true;
      });
      await jobs.enqueue(queue, null);
      await arrived.promise;
      const closing = jobs.close();
      released.resolve();
      await closing;
      assert.equal(finished, true);
    });

    it('answers a ping', async () => {
      const jobs = await start();
      await jobs.ping();
      await jobs.enqueue(newQueue(), null);
      await jobs.ping();
    });
  });
}
