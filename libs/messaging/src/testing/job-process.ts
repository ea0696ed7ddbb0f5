import { createContextCodec } from '@lumo/tenancy';
import { createBullMqJobQueue } from '../jobs/bullmq.js';
import { createPgBossJobQueue } from '../jobs/pg-boss.js';
import { silentLogger } from '../logger.js';

/** What the process is told by its first argument, as JSON. */
export interface JobProcessOrder {
  readonly backend: 'pg-boss' | 'BullMQ';
  readonly url: string;
  readonly aliveSeconds: number;
  readonly queue: string;
  /** 32 bytes in hex, as in the test. */
  readonly key: string;
}

/** A process that dies, as by `kill -9`, with the first job in hand. */
const order = JSON.parse(process.argv[2] ?? '{}') as JobProcessOrder;
const create = order.backend === 'BullMQ' ? createBullMqJobQueue : createPgBossJobQueue;
const jobs = create({
  service: 'authn',
  codec: createContextCodec(Buffer.from(order.key, 'hex')),
  logger: silentLogger,
  url: order.url,
  aliveSeconds: order.aliveSeconds,
});
await jobs.work(order.queue, async () => {
  process.kill(process.pid, 'SIGKILL');
});
