import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rateBudgets } from './rate-budgets.js';
import { createRateLimiter } from './rate-limiter.js';
import type { SharedCounters } from './shared-counters.js';

/** A store that two gateways share; `outage` takes it away for the rest of the suite. */
export interface SharedStore {
  open(): SharedCounters;
  outage(): Promise<void>;
  stop(): Promise<void>;
}

/** What every shared store of counters guarantees. `start` resolves with undefined where the server is not installed. */
export function sharedCountersContract(name: string, start: () => Promise<SharedStore | undefined>): void {
  describe(`shared counters: ${name}`, async () => {
    const store = await start();
    if (!store) return it(`${name} is not installed`, { skip: true }, () => {});
    let one: SharedCounters;
    let two: SharedCounters;
    const budgets = rateBudgets({ sign_in: 5, admin_read: 3 });

    before(async () => {
      one = store.open();
      two = store.open();
      // The first connection may still be on its way.
      for (const counters of [one, two]) await untilReady(counters);
    });
    after(async () => {
      await Promise.all([one.close(), two.close()]);
      await store.stop();
    });

    it('counts for several gateways together, each request once', async () => {
      const limiters = [createRateLimiter(budgets, one.counters), createRateLimiter(budgets, two.counters)];
      const verdicts = await Promise.all(
        Array.from({ length: 12 }, (_, n) => limiters[n % 2]?.consume('sign_in', 'org|address')),
      );
      assert.equal(verdicts.filter((verdict) => verdict?.allowed).length, 5);
      assert.deepEqual(new Set(verdicts.map((verdict) => verdict?.limit)), new Set([5]));
      const other = await limiters[0]?.consume('sign_in', 'other|address');
      assert.deepEqual([other?.allowed, other?.remaining], [true, 4]);
      assert.ok(other && other.resetInSeconds > 0 && other.resetInSeconds <= 60);
    });

    it('gives the budget back after its window', async () => {
      const short = {
        ...budgets,
        classes: { ...budgets.classes, sign_in: { ...budgets.classes.sign_in, limit: 1, windowSeconds: 1 } },
      };
      const limiter = createRateLimiter(short, one.counters);
      const first = await limiter.consume('sign_in', 'org|window');
      assert.ok(first.allowed);
      const refused = await limiter.consume('sign_in', 'org|window');
      assert.ok(!refused.allowed);
      await new Promise((resolve) => setTimeout(resolve, refused.resetInSeconds * 1000 + 50));
      assert.ok((await limiter.consume('sign_in', 'org|window')).allowed);
    });

    it('lets machines go on counting alone and refuses sign-in when the store is gone', async () => {
      const limiter = createRateLimiter(budgets, one.counters);
      await limiter.consume('admin_read', 'org|key');
      await store.outage();
      const alone = await Promise.all(Array.from({ length: 4 }, () => limiter.consume('admin_read', 'org|key')));
      assert.equal(alone.filter(({ allowed }) => allowed).length, 3);
      await assert.rejects(limiter.consume('sign_in', 'org|address-2'));
      await assert.rejects(one.ping());
    });
  });
}

async function untilReady(counters: SharedCounters): Promise<void> {
  for (;;) {
    const ready = await counters.ping().then(
      () => true,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
