import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startNats } from '@lumo/testing';
import { silentLogger } from '../logger.js';
import { createJetStreamEventBus } from '../nats/jetstream-bus.js';
import { openNats } from '../nats/nats-link.js';
import type { ConsumerProcessOrder } from '../testing/consumer-process.js';
import { type EventStage, NOTING, newOrg, openEventStage, publish } from '../testing/event-stage.js';
import { runUntilKilled } from '../testing/killed-process.js';
import { recordMetrics } from '../testing/recorded-metrics.js';
import type { EventBus, EventBusOptions } from './bus.js';
import { createInProcessEventBus } from './in-process-bus.js';
import { createPublisher } from './publisher.js';

const EVENTS = 80;
/** More than are applied at the same time, so that some are done and some are not when the process dies. */
const ORGS = 8;

describe('a consumer that is killed in the middle', () => {
  let stage: EventStage;
  const closing: (() => Promise<void>)[] = [];

  before(async () => {
    stage = await openEventStage();
  });
  beforeEach(() => stage.clear());
  after(async () => {
    for (const close of closing.reverse()) await close();
    await stage.close();
  });

  /** Publishes, lets a process die over it, then lets this process finish: every event is applied once. */
  async function survive(order: Pick<ConsumerProcessOrder, 'die' | 'nats'>, open: (o: EventBusOptions) => EventBus) {
    const publisher = createPublisher({ service: 'agents', database: stage.database('agents'), logger: silentLogger });
    const orgs = Array.from({ length: ORGS }, (_, i) => newOrg(`org-${i}`));
    for (let i = 0; i < EVENTS; i += 1) {
      await publish(publisher, orgs[i % ORGS] ?? newOrg('none'), { name: 'agent.action', data: { i } });
    }
    const urls = { agentsUrl: stage.test.url('agents'), auditUrl: stage.test.url('audit') };
    const told: ConsumerProcessOrder = { ...urls, ...order, after: EVENTS / 4 };
    assert.equal(await runUntilKilled('consumer-process.js', told), 'SIGKILL');
    const before = (await stage.applied('audit')).length;
    assert.ok(before > 0 && before < EVENTS, `${before} events were applied when the process died`);

    const metrics = recordMetrics();
    const bus = open({ logger: silentLogger, subscriptions: { audit: ['*'] }, metrics });
    bus.publish(publisher);
    bus.subscribe({ service: 'audit', database: stage.database('audit'), consumers: NOTING.audit });
    await bus.start();
    await metrics.reached('applied', 'audit', EVENTS - before);
    await bus.drain();
    await bus.close();
    const ids = (await stage.applied('audit')).map((row) => row.event_id);
    assert.equal(ids.length, EVENTS);
    assert.equal(new Set(ids).size, EVENTS);
  }

  for (const die of ['in transaction', 'after commit'] as const) {
    it(`in process, ${die}: every event is applied exactly once`, () => survive({ die }, createInProcessEventBus));

    it(`on JetStream, ${die}: every event is applied exactly once`, async (t) => {
      const server = await startNats({ jetstream: true });
      if (!server) return t.skip('nats-server is not installed');
      closing.push(() => server.stop());
      const nats = { url: server.url, prefix: `test-${randomUUID()}`, ackWaitSeconds: 1 };
      await survive({ die, nats }, (options) => {
        const link = openNats({ url: server.url, name: 'test', logger: silentLogger });
        closing.push(() => link.close());
        return createJetStreamEventBus({ ...options, ...nats, nats: link });
      });
    });
  }
});
