import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReplicaView, LIVE_MS, REMEMBERED_MS, type ReplicaView, type ReplicaWord } from './replica-view.js';

const A = 'http://10.0.0.1:8002';
const B = 'http://10.0.0.2:8002';
const NOW = 1_800_000_000_000;

const up = (url: string, at: number): ReplicaWord => ({ service: 'authz', url, at, state: 'up' });
const gone = (url: string, at: number): ReplicaWord => ({ ...up(url, at), state: 'gone' });
const live = (view: ReplicaView, nowMs: number) => view.live('authz', nowMs).map(({ url }) => url);

describe('the view of replicas', () => {
  it('holds who spoke within three seconds, by service', () => {
    const view = createReplicaView();
    assert.equal(view.hear(up(A, 1), NOW), 'came');
    assert.equal(view.hear(up(B, 1), NOW + 1000), 'came');
    assert.equal(view.hear(up(A, 2), NOW + 1000), undefined);
    assert.deepEqual(live(view, NOW + 1000), [A, B]);
    assert.deepEqual(view.live('authn', NOW + 1000), []);
    assert.equal(view.hear(up(B, 2), NOW + 2000), undefined);
    assert.deepEqual(live(view, NOW + 1000 + LIVE_MS), [B]);
    assert.deepEqual(live(view, NOW + 2000 + LIVE_MS), []);
  });

  it('lets go of who says goodbye, at once', () => {
    const view = createReplicaView();
    view.hear(up(A, 1), NOW);
    assert.equal(view.hear(gone(A, 2), NOW + 10), 'left');
    assert.deepEqual(live(view, NOW + 10), []);
    assert.equal(view.hear(gone(A, 3), NOW + 20), undefined);
  });

  it('is not moved by words that come late or again', () => {
    const view = createReplicaView();
    view.hear(up(A, 5), NOW);
    view.hear(gone(A, 6), NOW + 10);
    for (const at of [5, 6]) assert.equal(view.hear(up(A, at), NOW + 20), undefined);
    assert.deepEqual(live(view, NOW + 20), []);
    assert.equal(view.hear(up(A, 7), NOW + 30), 'came');
    assert.equal(view.hear(gone(A, 6), NOW + 40), undefined);
    assert.deepEqual(live(view, NOW + 40), [A]);
  });

  it('does not ask where nobody listened, until the replica speaks again', () => {
    const view = createReplicaView();
    view.hear(up(A, 1), NOW);
    view.refused(A);
    view.refused('http://never-heard');
    assert.deepEqual(live(view, NOW), []);
    assert.equal(view.hear(up(A, 2), NOW + 1000), 'came');
    assert.deepEqual(live(view, NOW + 1000), [A]);
  });

  it('believes a replica whose clock went back, once its last word is forgotten', () => {
    const view = createReplicaView();
    view.hear(up(A, 1_000_000), NOW);
    assert.equal(view.hear(up(A, 10), NOW + 1000), undefined);
    assert.equal(view.hear(up(A, 20), NOW + REMEMBERED_MS + 1), 'came');
  });
});
