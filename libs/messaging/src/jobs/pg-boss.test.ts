import { after } from 'node:test';
import { testDatabase } from '@lumo/testing';
import { jobQueueContract } from '../testing/job-queue.contract.js';
import { createPgBossJobQueue, JOBS_SCHEMA } from './pg-boss.js';

const database = await testDatabase({ schemas: [{ ...JOBS_SCHEMA, outbox: false }] });
after(() => database.close());

jobQueueContract('pg-boss', async (options) =>
  createPgBossJobQueue({ ...options, url: database.url(JOBS_SCHEMA.name), pollSeconds: 0.5 }),
);
