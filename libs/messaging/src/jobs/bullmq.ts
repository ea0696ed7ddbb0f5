import { DomainError } from '@lumo/kit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { MessagingLogger } from '../logger.js';
import { createJobQueue, type JobQueueOptions } from './create-job-queue.js';
import { JOBS_AT_A_TIME, type JobBackend, KEEP_SECONDS, type StoredJob } from './job-backend.js';
import type { JobQueue } from './jobs.js';

export interface BullMqJobQueueOptions extends JobQueueOptions {
  /** `redis://…`; its `maxmemory-policy` must be `noeviction`. */
  readonly url: string;
  /** First part of every key: the name of the installation (`lumo`). */
  readonly prefix?: string;
  /** What a killed process had in hand is given to another one after this time without a sign of life (30). */
  readonly aliveSeconds?: number;
}

/** A process that dies with a job takes one of these lives of the job. */
const LIVES = 10;
const KEEP = { age: KEEP_SECONDS, count: 100_000 };

/** Jobs on Redis. It connects at first use. */
export function createBullMqJobQueue(options: BullMqJobQueueOptions): JobQueue {
  return createJobQueue(bullMqBackend(options), options);
}

function bullMqBackend({ url, prefix = 'lumo', aliveSeconds = 30, logger }: BullMqJobQueueOptions): JobBackend {
  const queues = new Map<string, Queue<StoredJob>>();
  const workers: { readonly worker: Worker<StoredJob>; readonly connection: Redis }[] = [];
  let redis: Redis | undefined;
  const warn = warnOnce(logger);

  /** Fails fast: a request that enqueues must not wait for Redis to come back. */
  function connection(): Redis {
    redis ??= new Redis(url, {
      maxRetriesPerRequest: 1,
      connectTimeout: 2000,
      commandTimeout: 5000,
      lazyConnect: false,
    }).on('error', warn);
    return redis;
  }

  function queueOf(name: string): Queue<StoredJob> {
    let queue = queues.get(name);
    if (!queue) {
      queue = new Queue<StoredJob>(name, { connection: connection(), prefix, skipWaitingForReady: true });
      queue.on('error', warn);
      queues.set(name, queue);
    }
    return queue;
  }

  async function reached<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw new DomainError(
        'unavailable',
        'temporarily_unavailable',
        'The job queue does not answer. Try again in a moment.',
        {
          retryAfterSeconds: 1,
          cause,
        },
      );
    }
  }

  return {
    async add(queue, data, { delaySeconds, attempts }) {
      const backoff = { type: 'exponential', delay: 1000 };
      await reached(queueOf(queue).add('job', data, { delay: delaySeconds * 1000, attempts, backoff }));
    },
    async addOncePer(queue, data, intervalSeconds) {
      const interval = Math.floor(Date.now() / 1000 / intervalSeconds);
      await reached(
        queueOf(queue).add('job', data, {
          // A job that is kept keeps its id taken: it is what says that this interval had its turn.
          jobId: `every-${intervalSeconds}-${interval}`,
          attempts: 3,
          backoff: { type: 'exponential', delay: 1000 },
          removeOnComplete: { age: 2 * intervalSeconds + 60 },
        }),
      );
    },
    async process(name, run) {
      const connection = new Redis(url, { maxRetriesPerRequest: null }).on('error', warn);
      const worker = new Worker<StoredJob>(
        name,
        (job) => {
          const attempt = job.attemptsMade + 1;
          return run({ id: job.id ?? '', data: job.data, attempt, lastAttempt: attempt >= (job.opts.attempts ?? 1) });
        },
        {
          connection,
          prefix,
          concurrency: JOBS_AT_A_TIME,
          lockDuration: aliveSeconds * 1000,
          stalledInterval: aliveSeconds * 1000,
          maxStalledCount: LIVES,
          removeOnComplete: KEEP,
          removeOnFail: KEEP,
        },
      );
      worker.on('error', warn);
      workers.push({ worker, connection });
    },
    async ping() {
      if (redis) await reached(redis.ping());
    },
    async close() {
      await Promise.all(workers.map(({ worker }) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      for (const { connection } of workers) connection.disconnect();
      redis?.disconnect();
    },
  };
}

/** Redis that is gone says so at every attempt to reach it: one line in ten seconds is enough. */
function warnOnce(logger: MessagingLogger): (err: unknown) => void {
  let quietUntil = 0;
  return (err) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + 10_000;
    logger.warn({ err }, 'Redis had a problem and the job queue goes on');
  };
}
