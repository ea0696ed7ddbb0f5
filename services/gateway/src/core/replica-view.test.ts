import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReplicaView, LIVE_MS, REMEMBERED_MS, type ReplicaView, type ReplicaWord } from './replica-view.js';

const A = 'http://10.0.0.1:8002';
const B = 'http://10.0.0.2:8002';
const NOW = 1_800_000_000_000;

const up = (url: string, at: number): ReplicaWord => ({ service: 'authz', url, at, state: 'up' });
const gone = (url: string, at: number): ReplicaWord => ({ ...up(url, at), state: 'gone' });
const live = (view: ReplicaView) => view.live('authz').map(({ url }) => url);

describe('the view of replicas', () => {
  it('holds who spoke within three seconds of the last word of anybody, by service', () => {
    const view = createReplicaView();
    assert.equal(view.hear(up(A, 1), NOW), 'came');
    assert.equal(view.hear(up(B, 1), NOW + 1000), 'came');
    assert.deepEqual(live(view), [A, B]);
    assert.deepEqual(view.live('authn'), []);
    assert.equal(view.hear(up(B, 2), NOW + LIVE_MS - 1), undefined);
    assert.deepEqual(live(view), [A, B]);
    assert.equal(view.hear(up(B, 3), NOW + LIVE_MS), undefined);
    assert.deepEqual(live(view), [B]);
    assert.equal(view.hear(up(A, 2), NOW + LIVE_MS + 10), 'came');
  });

  it('keeps everybody where all fell silent at once, but for those whom nobody reaches', () => {
    const view = createReplicaView();
    view.hear(up(A, 1), NOW);
    view.hear(up(B, 1), NOW + 500);
    assert.deepEqual(live(view), [A, B]);
    view.refused(A);
    assert.deepEqual(live(view), [B]);
    view.refused(B);
    assert.deepEqual(live(view), []);
    assert.equal(view.hear(up(B, 2), NOW + 60_000), 'came');
    assert.deepEqual(live(view), [B]);
  });

  it('lets go of who says goodbye, at once', () => {
    const view = createReplicaView();
    view.hear(up(A, 1), NOW);
    assert.equal(view.hear(gone(A, 2), NOW + 10), 'left');
    assert.deepEqual(live(view), []);
    assert.equal(view.hear(gone(A, 3), NOW + 20), undefined);
  });

  it('is not moved by words that come late or again', () => {
    const view = createReplicaView();
    view.hear(up(A, 5), NOW);
    view.hear(gone(A, 6), NOW + 10);
    for (const at of [5, 6]) assert.equal(view.hear(up(A, at), NOW + 20), undefined);
    assert.deepEqual(live(view), []);
    assert.equal(view.hear(up(A, 7), NOW + 30), 'came');
    assert.equal(view.hear(gone(A, 6), NOW + 40), undefined);
    assert.deepEqual(live(view), [A]);
  });

  it('does not ask where nobody listened, until the replica speaks again', () => {
    const view = createReplicaView();
    view.hear(up(A, 1), NOW);
    view.refused(A);
    view.refused('http://never-heard');
    assert.deepEqual(live(view), []);
    assert.equal(view.hear(up(A, 2), NOW + 1000), 'came');
    assert.deepEqual(live(view), [A]);
  });

  it('believes a replica whose clock went back, once its last word is forgotten', () => {
    const view = createReplicaView();
    view.hear(up(A, 1_000_000), NOW);
    assert.equal(view.hear(up(A, 10), NOW + 1000), undefined);
    assert.equal(view.hear(up(A, 20), NOW + REMEMBERED_MS + 1), 'came');
  });
});
