import { after } from 'node:test';
import { startRedis } from '@lumo/testing';
import { jobQueueContract } from '../testing/job-queue.contract.js';
import { createBullMqJobQueue } from './bullmq.js';

const redis = await startRedis();
const skip = redis ? false : 'redis-server is not installed';
after(() => redis?.stop());

jobQueueContract('BullMQ', async (options) => createBullMqJobQueue({ ...options, url: redis?.url ?? '' }), { skip });
