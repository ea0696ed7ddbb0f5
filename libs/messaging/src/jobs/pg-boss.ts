import { PgBoss } from 'pg-boss';
import type { MessagingLogger } from '../logger.js';
import { createJobQueue, type JobQueueOptions } from './create-job-queue.js';
import { JOBS_AT_A_TIME, type JobBackend, type JobInHand, KEEP_SECONDS, type StoredJob } from './job-backend.js';
import type { JobQueue } from './jobs.js';

/** The schema that pg-boss builds itself; hand it to `migrate` so that it and the role `lumo_jobs` exist. */
export const JOBS_SCHEMA: { readonly name: string; readonly migrations: readonly URL[] } = {
  name: 'jobs',
  migrations: [],
};

export interface PgBossJobQueueOptions extends JobQueueOptions {
  /** `postgres://lumo_jobs:<password>@host:port/database`: a role that may create tables in the schema `jobs`. */
  readonly url: string;
  /** Longest time until a job is seen that another process enqueued, in seconds (2). */
  readonly pollSeconds?: number;
  /** What a killed process had in hand is given to another one after this time without a sign of life (30, at least 10). */
  readonly aliveSeconds?: number;
}

const MAX_CONNECTIONS = 3;
const STOP_TIMEOUT_MS = 20_000;
const PING_TIMEOUT_MS = 2000;

/** Jobs on PostgreSQL. It connects at first use: a service without jobs costs nothing. */
export function createPgBossJobQueue(options: PgBossJobQueueOptions): JobQueue {
  return createJobQueue(pgBossBackend(options), options);
}

function pgBossBackend(options: PgBossJobQueueOptions): JobBackend {
  const { url, logger, pollSeconds = 2, aliveSeconds = 30 } = options;
  const queues = new Map<string, Promise<void>>();
  const workers = new Map<string, string>();
  let starting: Promise<PgBoss> | undefined;
  let running: PgBoss | undefined;

  function started(): Promise<PgBoss> {
    starting ??= start(url, aliveSeconds, logger).then(
      (boss) => {
        running = boss;
        return boss;
      },
      (error: unknown) => {
        starting = undefined;
        throw error;
      },
    );
    return starting;
  }

  /** Creates the queue where it is absent; once per process. */
  async function withQueue(name: string): Promise<PgBoss> {
    const boss = await started();
    let created = queues.get(name);
    if (!created) {
      created = boss.createQueue(name, {
        retryBackoff: true,
        retryDelay: 1,
        retryDelayMax: 3600,
        heartbeatSeconds: aliveSeconds,
        expireInSeconds: 3600,
        deleteAfterSeconds: KEEP_SECONDS,
      });
      queues.set(name, created);
      created.catch(() => queues.delete(name));
    }
    await created;
    return boss;
  }

  /** A worker of this process looks at once instead of at its next poll. */
  function wakeWorker(boss: PgBoss, name: string): void {
    const worker = workers.get(name);
    if (worker) boss.notifyWorker(worker);
  }

  return {
    async add(queue, data, { delaySeconds, attempts }) {
      const boss = await withQueue(queue);
      await boss.send(queue, data, { startAfter: delaySeconds, retryLimit: attempts - 1 });
      if (delaySeconds === 0) wakeWorker(boss, queue);
    },
    async addOncePer(queue, data, intervalSeconds) {
      const boss = await withQueue(queue);
      const added = await boss.send(queue, data, {
        singletonSeconds: intervalSeconds,
        retryLimit: 2,
        // The job is what says that this interval had its turn.
        deleteAfterSeconds: Math.max(KEEP_SECONDS, 2 * intervalSeconds),
      });
      if (added) wakeWorker(boss, queue);
    },
    async process(queue, run) {
      const boss = await withQueue(queue);
      const worker = await boss.work<StoredJob, string, typeof WORK & { pollingIntervalSeconds: number }>(
        queue,
        { ...WORK, pollingIntervalSeconds: pollSeconds },
        (jobs) =>
          Promise.all(
            jobs.map(async ({ id, data, retryCount, retryLimit }) => {
              const job: JobInHand = { id, data, attempt: retryCount + 1, lastAttempt: retryCount >= retryLimit };
              try {
                await run(job);
                return { id, status: 'completed' as const };
              } catch (error) {
                return { id, status: 'failed' as const, output: String(error) };
              }
            }),
          ),
      );
      workers.set(queue, worker);
    },
    async ping() {
      if (!running) return;
      const answer = running.getDb().executeSql('select 1');
      await Promise.race([answer, rejectAfter(PING_TIMEOUT_MS)]);
    },
    async close() {
      const boss = await starting?.catch(() => undefined);
      await boss?.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
    },
  };
}

const WORK = {
  batchSize: JOBS_AT_A_TIME,
  perJobResults: true,
  includeMetadata: true,
  burstWhenBatchFull: true,
} as const;

async function start(url: string, aliveSeconds: number, logger: MessagingLogger): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    schema: JOBS_SCHEMA.name,
    createSchema: false,
    application_name: 'lumo-jobs',
    max: MAX_CONNECTIONS,
    // Schedules are ours (`every`): cron has minutes, and ours are the same on Redis.
    schedule: false,
    superviseIntervalSeconds: Math.max(1, Math.floor(aliveSeconds / 2)),
    registerInstance: false,
  });
  boss.on('error', (err: unknown) => logger.warn({ err }, 'the job queue had a problem and goes on'));
  return boss.start();
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('PostgreSQL did not answer the job queue within two seconds')), ms).unref();
  });
}
