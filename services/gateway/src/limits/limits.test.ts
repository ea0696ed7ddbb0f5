import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RATE_CLASSES } from '../rate-table.js';
import { createConcurrency } from './concurrency.js';
import { rateBudgets } from './rate-budgets.js';
import { createRateLimiter, memoryCounters } from './rate-limiter.js';

describe('LUMO_RATE_LIMITS', () => {
  it('is on by default, with the limits of the table', () => {
    const budgets = rateBudgets('on');
    assert.equal(budgets.enabled, true);
    assert.deepEqual(budgets.classes, RATE_CLASSES);
    assert.equal(budgets.concurrentPerOrg, 100);
  });
  it('off counts nothing', () => {
    const budgets = rateBudgets('off');
    assert.equal(budgets.enabled, false);
    assert.equal(budgets.concurrentPerOrg, Number.POSITIVE_INFINITY);
  });
  it('sets classes by name and all others by star', () => {
    const budgets = rateBudgets({ sign_in: 3, '*': 7, concurrent: 5 });
    assert.equal(budgets.classes.sign_in.limit, 3);
    assert.equal(budgets.classes.decision.limit, 7);
    assert.equal(budgets.concurrentPerOrg, 5);
  });
  it('refuses a class that does not exist', () => {
    assert.throws(() => rateBudgets({ sing_in: 3 }), /LUMO_RATE_LIMITS.*sing_in.*sign_in/);
  });
});

describe('rate limiter in memory', () => {
  it('counts down to refusal, each owner and each class alone', async () => {
    const limiter = createRateLimiter(rateBudgets({ sign_in: 2 }), memoryCounters);
    const first = await limiter.consume('sign_in', 'a|1');
    assert.deepEqual([first.allowed, first.limit, first.remaining], [true, 2, 1]);
    assert.ok(first.resetInSeconds > 0 && first.resetInSeconds <= 60);
    assert.equal((await limiter.consume('sign_in', 'a|1')).remaining, 0);
    assert.equal((await limiter.consume('sign_in', 'a|1')).allowed, false);
    assert.equal((await limiter.consume('sign_in', 'b|1')).allowed, true);
    assert.equal((await limiter.consume('registration', 'a|1')).allowed, true);
  });
});

describe('concurrency', () => {
  it('bounds each org alone and gives places back', () => {
    const places = createConcurrency(2);
    assert.ok(places.enter('a') && places.enter('a'));
    assert.ok(!places.enter('a'));
    assert.ok(places.enter('b'));
    places.leave('a');
    assert.ok(places.enter('a'));
  });
});
