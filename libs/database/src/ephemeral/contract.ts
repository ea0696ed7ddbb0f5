import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Org, runInContext, systemContext } from '@lumo/tenancy';
import type { EphemeralStore } from '../ephemeral-store.js';

export interface EphemeralStoreFixture {
  /** Opens a store on the same server; called more than once, as several processes would. */
  open(namespace: string): EphemeralStore;
  close(): Promise<void>;
}

const ALPHA: Org = { id: '0190e000-0000-7000-8000-00000000000a', slug: 'alpha' };
const BETA: Org = { id: '0190e000-0000-7000-8000-00000000000b', slug: 'beta' };

/** What every adapter of `EphemeralStore` guarantees. */
export function ephemeralStoreContract(adapter: string, start: () => Promise<EphemeralStoreFixture>): void {
  describe(`ephemeral store on ${adapter}`, () => {
    let fixture: EphemeralStoreFixture;
    let store: EphemeralStore;
    let other: EphemeralStore;
    before(async () => {
      fixture = await start();
      store = fixture.open('authn');
      other = fixture.open('authn');
    });
    after(async () => {
      await store.close();
      await other.close();
      await fixture.close();
    });

    it('gives back what was put, until it is replaced or removed', async () => {
      await store.put('k1', 'one', 60);
      assert.equal(await other.get('k1'), 'one');
      await other.put('k1', 'two – “ünïcode”', 60);
      assert.equal(await store.get('k1'), 'two – “ünïcode”');
      await store.remove('k1');
      assert.equal(await other.get('k1'), undefined);
      await store.remove('k1');
    });

    it('adds a key once, and keeps the first value', async () => {
      assert.equal(await store.add('k2', 'first', 60), true);
      assert.equal(await other.add('k2', 'second', 60), false);
      assert.equal(await store.get('k2'), 'first');
    });

    it('lets exactly one of parallel callers add', async () => {
      const won = await Promise.all(
        Array.from({ length: 40 }, (_, n) => (n % 2 ? store : other).add('k3', String(n), 60)),
      );
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal(await store.get('k3'), String(won.indexOf(true)));
    });

    it('gives a taken value to exactly one of parallel callers', async () => {
      await store.put('k4', 'ticket', 60);
      const taken = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? store : other).take('k4')));
      assert.deepEqual(
        taken.filter((value) => value !== undefined),
        ['ticket'],
      );
      assert.equal(await store.take('never put'), undefined);
      assert.equal(await store.add('k4', 'again', 60), true, 'a taken key is free');
    });

    it('forgets a value when its time is over, and the key is free again', async () => {
      await store.put('k5', 'short', 0.05);
      await store.put('k6', 'short', 0.05);
      await store.put('k7', 'long', 60);
      await until(async () => (await other.get('k5')) === undefined);
      await until(async () => (await other.get('k6')) === undefined);
      assert.equal(await store.take('k5'), undefined);
      assert.equal(await store.add('k5', 'next', 60), true);
      assert.equal(await other.get('k5'), 'next');
      assert.equal(await store.get('k7'), 'long');
    });

    it('extends the life of a key that is put again', async () => {
      await store.put('k8', 'short', 0.05);
      await store.put('k8', 'long', 60);
      await store.put('k9', 'gone', 0.05);
      await until(async () => (await other.get('k9')) === undefined);
      assert.equal(await store.get('k8'), 'long');
    });

    it('refuses a lifetime that is not positive', async () => {
      for (const ttlSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(store.put('k10', 'x', ttlSeconds), RangeError);
        await assert.rejects(store.add('k10', 'x', ttlSeconds), RangeError);
      }
      assert.equal(await store.get('k10'), undefined);
    });

    it('keeps the keys of orgs apart, and those of no org', async () => {
      const as = <T>(org: Org | undefined, work: () => Promise<T>) =>
        runInContext(systemContext('test', 'req', org), work);
      await as(ALPHA, () => store.put('same', 'of alpha', 60));
      await store.put('same', 'of nobody', 60);
      assert.equal(await as(BETA, () => store.get('same')), undefined);
      assert.equal(await as(BETA, () => store.take('same')), undefined);
      await as(BETA, () => store.remove('same'));
      assert.equal(await as(BETA, () => store.add('same', 'of beta', 60)), true);
      assert.equal(await as(ALPHA, () => store.get('same')), 'of alpha');
      assert.equal(await as(BETA, () => store.get('same')), 'of beta');
      assert.equal(await store.get('same'), 'of nobody');
      assert.equal(await store.get(`${ALPHA.id}:same`), undefined);
      assert.equal(await as(ALPHA, () => other.take('same')), 'of alpha');
    });

    it('keeps the keys of services apart', async () => {
      const agents = fixture.open('agents');
      try {
        await store.put('shared name', 'authn', 60);
        assert.equal(await agents.get('shared name'), undefined);
      } finally {
        await agents.close();
      }
    });

    it('answers a ping, and refuses after it was closed', async () => {
      await store.ping();
      const closed = fixture.open('authn');
      await closed.ping();
      await closed.close();
      await assert.rejects(closed.get('k1'));
    });
  });
}

/** Waits for a state that the store reaches by its own clock. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await delay(5);
}
