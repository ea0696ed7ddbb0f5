import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summarize } from './latency.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);

describe('latency', () => {
  it('takes the nearest rank', () => {
    assert.deepEqual(summarize(upTo(100)), { p50: 50, p95: 95, p99: 99, max: 100 });
    assert.deepEqual(summarize(upTo(10)), { p50: 5, p95: 10, p99: 10, max: 10 });
  });

  it('of one operation is that operation', () => {
    assert.deepEqual(summarize([7]), { p50: 7, p95: 7, p99: 7, max: 7 });
  });

  it('of nothing is nothing', () => {
    assert.deepEqual(summarize([]), { p50: 0, p95: 0, p99: 0, max: 0 });
  });
});
