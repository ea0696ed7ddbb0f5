import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { ServiceName } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { currentContext, type RequestContext, runInContext } from '@lumo/tenancy';
import type { EventBus, EventBusOptions } from '../events/bus.js';
import type { EventConsumers, EventHandler } from '../events/events.js';
import { deadLetterCount, pendingEvents } from '../events/outbox-table.js';
import { createPublisher, type EventPublisher } from '../events/publisher.js';
import { silentLogger } from '../logger.js';
import {
  contextOf,
  type EventStage,
  NOTING,
  newOrg,
  noteApplied,
  openEventStage,
  publish,
  STAGE_SUBSCRIPTIONS,
} from './event-stage.js';
import { type RecordedMetrics, recordMetrics } from './recorded-metrics.js';

type Subscriber = 'authn' | 'authz' | 'audit';

const RETRY = { maxAttempts: 3, delayMs: () => 30 };

/** What every event bus promises. `open` answers a bus that shares nothing with those of other tests. */
export function eventBusContract(
  name: string,
  open: (options: EventBusOptions) => Promise<EventBus>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${name}: the event bus contract`, { skip: options.skip ?? false }, () => {
    let stage: EventStage;
    let metrics: RecordedMetrics;
    let publisher: EventPublisher;
    const opened: EventBus[] = [];

    before(async () => {
      stage = await openEventStage();
    });
    after(() => stage.close());
    beforeEach(async () => {
      await stage.clear();
      metrics = recordMetrics();
      publisher = createPublisher({ service: 'agents', database: stage.database('agents'), logger: silentLogger });
    });
    afterEach(async () => {
      await publisher.close();
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
    });

    async function start(handlers: Partial<Record<Subscriber, EventConsumers>>): Promise<EventBus> {
      const subscribers = Object.keys(handlers) as Subscriber[];
      const subscriptions = Object.fromEntries(subscribers.map((name) => [name, STAGE_SUBSCRIPTIONS[name]]));
      const bus = await open({ logger: silentLogger, metrics, subscriptions, retry: RETRY });
      opened.push(bus);
      bus.publish(publisher);
      for (const service of subscribers) {
        bus.subscribe({ service, database: stage.database(service), consumers: handlers[service] ?? {} });
      }
      await bus.start();
      return bus;
    }

    async function names(service: ServiceName): Promise<readonly string[]> {
      return (await stage.applied(service)).map((row) => row.name).sort();
    }

    it('brings each event to everyone who subscribed to it, and to nobody else', async () => {
      const bus = await start({ authn: NOTING.authn, authz: NOTING.authz, audit: NOTING.audit });
      const org = newOrg('acme');
      await publish(publisher, org, { name: 'agent.created' }, { name: 'agent.deleted' });
      await publish(publisher, org, { name: 'agent.disabled' });
      await bus.drain();
      await metrics.reached('applied', 'audit', 3);
      await metrics.reached('applied', 'authn', 2);
      await metrics.reached('applied', 'authz', 1);
      assert.deepEqual(await names('audit'), ['agent.created', 'agent.deleted', 'agent.disabled']);
      assert.deepEqual(await names('authn'), ['agent.deleted', 'agent.disabled']);
      assert.deepEqual(await names('authz'), ['agent.deleted']);
      assert.equal(await pendingEvents(publisher.database), 0);
    });

    it('relays without being asked', async () => {
      await start({ audit: NOTING.audit });
      await publish(publisher, newOrg('acme'), { name: 'agent.created' });
      await metrics.reached('applied', 'audit', 1);
    });

    it('says who, where and when from the context of the publisher', async () => {
      let seen: readonly unknown[] = [];
      const bus = await start({
        audit: {
          '*': async (events, tx) => {
            seen = events;
            await noteApplied(events, tx);
          },
        },
      });
      const org = newOrg('acme');
      await publish(publisher, org, {
        name: 'agent.created',
        target: { type: 'agent', id: 'agt_1', name: 'Ä' },
        data: { depth: 2 },
      });
      await bus.drain();
      await metrics.reached('applied', 'audit', 1);
      const [event] = seen as [Record<string, unknown>];
      const { id, occurredAt, ...rest } = event;
      assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      assert.ok(Math.abs(Date.parse(String(occurredAt)) - Date.now()) < 60_000);
      assert.deepEqual(rest, {
        name: 'agent.created',
        orgId: org.id,
        actor: { type: 'service', id: 'agents' },
        actorChain: [],
        target: { type: 'agent', id: 'agt_1', name: 'Ä' },
        result: 'success',
        data: { depth: 2 },
        requestId: 'req-1',
      });
    });

    it('publishes nothing of a transaction that was rolled back', async () => {
      const bus = await start({ audit: NOTING.audit });
      const org = newOrg('acme');
      await assert.rejects(
        runInContext(contextOf(org), () =>
          publisher.database.db.transaction().execute(async (tx) => {
            await publisher.outbox.append(tx, { name: 'agent.created' });
            throw new Error('changed my mind');
          }),
        ),
        /changed my mind/,
      );
      await publish(publisher, org, { name: 'agent.updated' });
      await bus.drain();
      await metrics.reached('applied', 'audit', 1);
      assert.deepEqual(await names('audit'), ['agent.updated']);
    });

    it('hands over one org at a time, in its context', async () => {
      const contexts: (RequestContext | undefined)[] = [];
      const orgsOfBatches: string[][] = [];
      const bus = await start({
        audit: {
          '*': async (events, tx) => {
            contexts.push(currentContext());
            orgsOfBatches.push([...new Set(events.map((event) => event.orgId))]);
            await noteApplied(events, tx);
          },
        },
      });
      const orgs = [newOrg('one'), newOrg('two'), newOrg('three')];
      for (let round = 0; round < 5; round += 1) {
        for (const org of orgs) await publish(publisher, org, { name: 'agent.action' }, { name: 'agent.action' });
      }
      await bus.drain();
      await metrics.reached('applied', 'audit', 30);
      for (const batch of orgsOfBatches) assert.equal(batch.length, 1);
      contexts.forEach((context, i) => {
        assert.equal(context?.org?.id, orgsOfBatches[i]?.[0]);
        assert.equal(context?.org?.slug, orgs.find(({ id }) => id === context?.org?.id)?.slug);
        assert.deepEqual([context?.principal.type, context?.principal.id], ['service', 'audit']);
      });
      const applied = await stage.applied('audit');
      for (const { id } of orgs) assert.equal(applied.filter((row) => row.org_id === id).length, 10);
    });

    it('applies an event once, however often it is delivered', async () => {
      const bus = await start({ audit: NOTING.audit });
      const org = newOrg('acme');
      await publish(publisher, org, { name: 'agent.created' }, { name: 'agent.updated' });
      const rows = await stage.test.admin('select * from agents.outbox');
      await bus.drain();
      await metrics.reached('applied', 'audit', 2);
      // A relay that died after it delivered and before it deleted delivers again.
      await stage.test.admin(
        'insert into audit.inbox (org_id, event_id) select org_id, event_id from audit.applied on conflict do nothing',
      );
      for (const row of rows) {
        await stage.test.admin(
          'insert into agents.outbox (id, org_id, org_slug, name, event) values ($1, $2, $3, $4, $5)',
          [row.id, row.org_id, row.org_slug, row.name, JSON.stringify(row.event)],
        );
      }
      await publish(publisher, org, { name: 'agent.deleted' });
      await bus.drain();
      await metrics.reached('applied', 'audit', 3);
      assert.deepEqual(await names('audit'), ['agent.created', 'agent.deleted', 'agent.updated']);
    });

    it('tries again what failed once, and applies nothing of the attempt that failed', async () => {
      let attempts = 0;
      const failsOnce: EventHandler = async (events, tx) => {
        await noteApplied(events, tx);
        attempts += 1;
        if (attempts === 1) throw new Error('not yet');
      };
      await start({ authn: { ...NOTING.authn, 'agent.deleted': failsOnce }, audit: NOTING.audit });
      await publish(publisher, newOrg('acme'), { name: 'agent.deleted' });
      await metrics.reached('applied', 'authn', 1);
      await metrics.reached('applied', 'audit', 1);
      assert.deepEqual(await names('authn'), ['agent.deleted']);
      assert.deepEqual(await names('audit'), ['agent.deleted']);
      assert.equal(metrics.count('redelivered', 'authn'), 1);
    });

    it('gives up what always fails, and lets the others go on', async () => {
      const org = newOrg('acme');
      const refuses: EventHandler = async (events, tx) => {
        if (events.some((event) => event.target?.id === 'poison')) throw new Error('cannot apply this one');
        await noteApplied(events, tx);
      };
      await start({ authn: { ...NOTING.authn, 'agent.deleted': refuses }, audit: NOTING.audit });
      await publish(
        publisher,
        org,
        { name: 'agent.deleted', target: { type: 'agent', id: 'good 1' } },
        { name: 'agent.deleted', target: { type: 'agent', id: 'poison' } },
        { name: 'agent.deleted', target: { type: 'agent', id: 'good 2' } },
      );
      await metrics.reached('dead', 'authn', 1);
      await metrics.reached('applied', 'authn', 2);
      await metrics.reached('applied', 'audit', 3);
      assert.equal((await stage.applied('authn')).length, 2);
      assert.equal((await stage.applied('audit')).length, 3);
      assert.equal(await deadLetterCount(stage.database('authn')), 1);
      assert.equal(await deadLetterCount(stage.database('audit')), 0);
      const [letter] = await stage.test.admin('select org_id, event, error, attempts from authn.dead_letters');
      assert.equal(letter?.org_id, org.id);
      assert.equal(letter?.event.target.id, 'poison');
      assert.match(letter?.error, /cannot apply this one/);
      assert.equal(letter?.attempts, RETRY.maxAttempts);
      assert.equal(await pendingEvents(publisher.database), 0);
    });

    it('never gives up what is only unavailable', async () => {
      let attempts = 0;
      await start({
        audit: {
          '*': async (events, tx) => {
            attempts += 1;
            if (attempts <= RETRY.maxAttempts + 2)
              throw new DomainError('unavailable', 'temporarily_unavailable', 'Later.');
            await noteApplied(events, tx);
          },
        },
      });
      await publish(publisher, newOrg('acme'), { name: 'agent.created' });
      await metrics.reached('applied', 'audit', 1);
      assert.equal(await deadLetterCount(stage.database('audit')), 0);
    });

    it('keeps up with many events of many orgs, each applied once', async () => {
      const bus = await start({ authn: NOTING.authn, audit: NOTING.audit });
      const orgs = Array.from({ length: 20 }, (_, i) => newOrg(`org-${i}`));
      await Promise.all(
        orgs.map(async (org) => {
          for (let i = 0; i < 10; i += 1) {
            await publish(
              publisher,
              org,
              { name: 'agent.action' },
              { name: 'agent.disabled' },
              { name: 'agent.action' },
            );
          }
        }),
      );
      await bus.drain();
      await metrics.reached('applied', 'audit', 600);
      await metrics.reached('applied', 'authn', 200);
      const applied = await stage.applied('audit');
      assert.equal(applied.length, 600);
      assert.equal(new Set(applied.map((row) => row.event_id)).size, 600);
    });

    it('lets several relays share an outbox', async () => {
      const buses = [await start({ audit: NOTING.audit }), await start({ audit: NOTING.audit })];
      const orgs = Array.from({ length: 10 }, (_, i) => newOrg(`org-${i}`));
      for (const org of orgs) {
        for (let i = 0; i < 10; i += 1)
          await publish(publisher, org, { name: 'agent.action' }, { name: 'agent.action' });
      }
      await Promise.all(buses.map((bus) => bus.drain()));
      await metrics.reached('applied', 'audit', 200);
      const applied = await stage.applied('audit');
      assert.equal(applied.length, 200);
      assert.equal(new Set(applied.map((row) => row.event_id)).size, 200);
    });

    it('writes recorded activity without being asked, and what is left at the end', async () => {
      const bus = await start({ audit: NOTING.audit });
      const orgs = [newOrg('one'), newOrg('two')];
      for (const org of orgs) {
        runInContext(contextOf(org), () => {
          for (let i = 0; i < 3; i += 1) publisher.activity.record({ name: 'agent.action' });
        });
      }
      await metrics.reached('applied', 'audit', 6);
      runInContext(contextOf(newOrg('three')), () => publisher.activity.record({ name: 'agent.action' }));
      await publisher.close();
      await bus.drain();
      await metrics.reached('applied', 'audit', 7);
      assert.equal((await stage.applied('audit')).length, 7);
    });

    it('refuses handlers that the topology does not name, and a subscription without a handler', async () => {
      const bus = await open({ logger: silentLogger, subscriptions: { authn: STAGE_SUBSCRIPTIONS.authn } });
      opened.push(bus);
      const database = stage.database('authn');
      assert.throws(
        () =>
          bus.subscribe({ service: 'authn', database, consumers: { ...NOTING.authn, 'user.created': noteApplied } }),
        /authn handles user.created but is not subscribed to it/,
      );
      assert.throws(
        () => bus.subscribe({ service: 'authn', database, consumers: { 'agent.deleted': noteApplied } }),
        /authn subscribes to agent.disabled, agent.credentials.rotated but has no handler/,
      );
    });
  });
}
