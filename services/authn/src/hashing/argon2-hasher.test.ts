import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDomainError } from '@lumo/kit';
import { createPasswordHasher } from './argon2-hasher.js';
import { createBoundedQueue } from './bounded-queue.js';

describe('password hashing', () => {
  it('makes argon2id hashes of the cost it was given, and verifies them', async () => {
    const hasher = await createPasswordHasher({ memoryKib: 64, passes: 2, lanes: 1 });
    const hash = await hasher.hash('gravel-tuba');
    assert.match(hash, /^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
    assert.equal(await hasher.verify(hash, 'gravel-tuba'), true);
    assert.equal(await hasher.verify(hash, 'gravel-tubb'), false);
    assert.equal(await hasher.verifyNobody('gravel-tuba'), false);
    assert.notEqual(await hasher.hash('gravel-tuba'), hash);
  });

  it('knows a hash of another cost, and still verifies it', async () => {
    const before = await createPasswordHasher({ memoryKib: 64, passes: 1, lanes: 1 });
    const after = await createPasswordHasher({ memoryKib: 64, passes: 2, lanes: 1 });
    const old = await before.hash('gravel-tuba');
    assert.equal(after.isOutdated(old), true);
    assert.equal(before.isOutdated(old), false);
    assert.equal(await after.verify(old, 'gravel-tuba'), true);
  });
});

describe('a bounded queue', () => {
  it('runs as many as it may, lets as many wait as it may, and refuses the next at once', async () => {
    const queue = createBoundedQueue({ concurrency: 2, capacity: 1 });
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const running = gates.map((gate) => queue.run(() => gate.promise));
    await assert.rejects(
      queue.run(async () => undefined),
      (error) => isDomainError(error) && error.kind === 'unavailable' && error.options.retryAfterSeconds === 1,
    );
    assert.deepEqual([queue.running, queue.waiting], [2, 1]);
    for (const gate of gates) gate.resolve();
    await Promise.all(running);
    assert.deepEqual([queue.running, queue.waiting], [0, 0]);
  });

  it('frees its place when a task fails', async () => {
    const queue = createBoundedQueue({ concurrency: 1, capacity: 0 });
    await assert.rejects(queue.run(() => Promise.reject(new Error('no'))));
    assert.equal(await queue.run(async () => 7), 7);
  });
});
