import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RbacGraph } from '../core/rbac/rbac-graph.js';
import { GraphShelf } from './graph-shelf.js';

const LARGE = 600_000;

function setUp(maxBytes: number) {
  const time = { now: 0 };
  const shelf = new GraphShelf(maxBytes, () => time.now);
  const place = (id: string, byteSize: number) => {
    const entry = shelf.findOrAdd({ id, slug: id });
    entry.graph = { byteSize } as RbacGraph;
    shelf.weigh(entry);
    return entry;
  };
  return { shelf, place, time };
}

describe('GraphShelf', () => {
  it('lets go of what was not used for longest', () => {
    const { shelf, place, time } = setUp(400);
    for (const id of ['a', 'b', 'c']) place(id, 100);
    time.now = 2_000;
    shelf.use('a');
    place('d', 100);
    assert.deepEqual(shelf.orgIds().toSorted(), ['a', 'c', 'd']);
  });

  it('does not let large graphs push out small ones, nor small ones large ones', () => {
    const { shelf, place } = setUp(4 * LARGE);
    place('large-1', LARGE);
    for (let i = 0; i < 10; i++) place(`small-${i}`, 1_000);
    place('large-2', LARGE);
    assert.equal(shelf.find('large-1'), undefined);
    assert.equal(shelf.orgIds().length, 11);
    for (let i = 10; i < 3_000; i++) place(`small-${i}`, 1_000);
    assert.ok(shelf.find('large-2'));
  });

  it('moves a graph that grew to the large ones', () => {
    const { shelf, place } = setUp(4 * LARGE);
    place('grows', 1_000);
    place('large', LARGE);
    place('grows', LARGE);
    assert.equal(shelf.find('large'), undefined);
    assert.ok(shelf.find('grows'));
  });

  it('keeps what somebody waits for, and nothing of a reading that failed', () => {
    const { shelf, place } = setUp(200);
    place('waited-for', 100).advancing = Promise.resolve();
    place('idle', 100);
    assert.deepEqual(shelf.orgIds(), ['waited-for']);
    shelf.weigh(shelf.findOrAdd({ id: 'failed', slug: 'failed' }));
    assert.equal(shelf.find('failed'), undefined);
  });
});
