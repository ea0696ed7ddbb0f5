import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { authzV1 } from '@lumo/contracts';
import { isDomainError } from '@lumo/kit';
import { createContextCodec, runInContext, systemContext } from '@lumo/tenancy';
import { findProgram, type LocalServer, startNats } from '@lumo/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { pendingEvents } from '../events/outbox-table.js';
import { createPublisher } from '../events/publisher.js';
import { silentLogger } from '../logger.js';
import { authzStandIn } from '../testing/authz-stand-in.js';
import {
  type EventStage,
  NOTING,
  newOrg,
  openEventStage,
  publish,
  STAGE_SUBSCRIPTIONS,
} from '../testing/event-stage.js';
import { recordMetrics } from '../testing/recorded-metrics.js';
import { createJetStreamEventBus } from './jetstream-bus.js';
import { type NatsLink, openNats } from './nats-link.js';
import { createNatsTransport } from './nats-rpc.js';

const skip = (await findProgram('nats-server')) ? false : 'nats-server is not installed';

describe('NATS is down for a while', { skip }, () => {
  let server: LocalServer;
  let link: NatsLink;
  let stage: EventStage;

  before(async () => {
    const started = await startNats({ jetstream: true });
    assert.ok(started);
    server = started;
    link = openNats({ url: server.url, name: 'test', logger: silentLogger });
    stage = await openEventStage();
  });
  after(async () => {
    await link.close();
    await server.stop();
    await stage.close();
  });

  const isUp = () => new Promise<void>((resolve) => link.onUp(resolve));

  it('calls fail at once with unavailable, and work again without help', async () => {
    const codec = createContextCodec(Buffer.alloc(32, 7));
    const transport = createNatsTransport({ nats: link, codec, logger: silentLogger, prefix: 'outage' });
    await transport.serve([authzStandIn({ check: async () => ({ results: { yes: true } }) })]);
    const authz = transport.rpc('agents').client(authzV1.AuthzService);
    const check = () => runInContext(systemContext('agents', 'req-1', newOrg('acme')), () => authz.check({}));
    await isUp();
    assert.deepEqual((await check()).results, { yes: true });

    await server.kill();
    for (let i = 0; i < 20; i += 1)
      await assert.rejects(check, { kind: 'unavailable', code: 'temporarily_unavailable' });
    await assert.rejects(transport.ping(), { kind: 'unavailable' });

    await server.start();
    await untilAvailable(check);
    assert.deepEqual((await check()).results, { yes: true });
    await transport.ping();
    await transport.close();
  });

  it('events wait in the outbox, and every one is applied exactly once', async () => {
    const metrics = recordMetrics();
    const bus = createJetStreamEventBus({
      nats: link,
      prefix: 'outage',
      logger: silentLogger,
      subscriptions: { audit: ['*'], authn: STAGE_SUBSCRIPTIONS.authn },
      metrics,
      ackWaitSeconds: 1,
    });
    const publisher = createPublisher({ service: 'agents', database: stage.database('agents'), logger: silentLogger });
    bus.publish(publisher);
    bus.subscribe({ service: 'audit', database: stage.database('audit'), consumers: NOTING.audit });
    bus.subscribe({ service: 'authn', database: stage.database('authn'), consumers: NOTING.authn });
    await bus.start();
    const orgs = [newOrg('one'), newOrg('two')];
    const publishSome = async () => {
      for (let i = 0; i < 40; i += 1) {
        await publish(publisher, orgs[i % 2] ?? newOrg('none'), {
          name: i % 4 === 0 ? 'agent.disabled' : 'agent.action',
        });
      }
    };

    await publishSome();
    await metrics.reached('applied', 'audit', 1);
    // Some are with the stream, some in hand, some in the outbox.
    await server.kill();
    await publishSome();
    assert.ok((await pendingEvents(publisher.database)) >= 40);
    await assert.rejects(bus.ping(), { kind: 'unavailable' });

    await server.start();
    await publishSome();
    await metrics.reached('applied', 'audit', 120);
    await metrics.reached('applied', 'authn', 30);
    await bus.drain();
    await bus.ping();
    await bus.close();
    for (const [service, count] of [
      ['audit', 120],
      ['authn', 30],
    ] as const) {
      const ids = (await stage.applied(service)).map((row) => row.event_id);
      assert.equal(ids.length, count);
      assert.equal(new Set(ids).size, count);
    }
  });

  it('the stream is made again where it was lost, and events go on', async () => {
    await stage.clear();
    await isUp();
    const metrics = recordMetrics();
    const bus = createJetStreamEventBus({
      nats: link,
      prefix: 'lost',
      logger: silentLogger,
      subscriptions: { audit: ['*'] },
      metrics,
    });
    const publisher = createPublisher({ service: 'agents', database: stage.database('agents'), logger: silentLogger });
    bus.publish(publisher);
    bus.subscribe({ service: 'audit', database: stage.database('audit'), consumers: NOTING.audit });
    await bus.start();
    const org = newOrg('acme');
    await publish(publisher, org, { name: 'agent.created' });
    await metrics.reached('applied', 'audit', 1);
    assert.ok(link.connection);
    await (await jetstreamManager(link.connection)).streams.delete('lost_events');
    await publish(publisher, org, { name: 'agent.updated' }, { name: 'agent.deleted' });
    await metrics.reached('applied', 'audit', 3);
    await bus.close();
    assert.equal((await stage.applied('audit')).length, 3);
  });
});

/** Calls until the answer is no longer `unavailable`. */
async function untilAvailable(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!(isDomainError(error) && error.kind === 'unavailable')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
