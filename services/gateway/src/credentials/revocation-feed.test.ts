import assert from 'node:assert/strict';
import { afterEach, describe, it, mock } from 'node:test';
import { fakeClock } from '@lumo/testing';
import { pino } from 'pino';
import type { Revocation } from '../core/revocation-view.js';
import { MAX_STALENESS_MS, type RevocationFeed, startRevocationFeed } from './revocation-feed.js';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('revocation feed', () => {
  let feed: RevocationFeed | undefined;
  afterEach(() => {
    feed?.close();
    mock.timers.reset();
  });

  const setUp = () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const clock = fakeClock();
    const listed: Revocation[] = [];
    const asked: bigint[] = [];
    const state = { fails: false };
    feed = startRevocationFeed({
      clock,
      logger: pino({ level: 'silent' }),
      identity: {
        async revocationsAfter(position) {
          asked.push(position);
          if (state.fails) throw new Error('down');
          return { revocations: listed.slice(Number(position)), position: BigInt(listed.length) };
        },
      },
    });
    const pass = async (ms: number) => {
      clock.advance(ms);
      mock.timers.tick(ms);
      await settle();
    };
    const revoke = (tokenId: string) =>
      void listed.push({
        orgId: 'a',
        what: { kind: 'token', id: tokenId },
        notBeforeSeconds: 0,
        expiresAtSeconds: clock.now() / 1000 + 3600,
      });
    const isRevoked = (tokenId: string) => feed?.isRevoked({ orgId: 'a', tokenId, subjects: [], issuedAtSeconds: 0 });
    return { feed, asked, state, pass, revoke, isRevoked };
  };

  it('is not fresh before the first page came', async () => {
    const { feed: started } = setUp();
    assert.equal(started.isFresh(), false);
    await settle();
    assert.equal(started.isFresh(), true);
  });

  it('learns within half a second, from the position it knows', async () => {
    const { asked, pass, revoke, isRevoked } = setUp();
    await settle();
    revoke('t1');
    await pass(500);
    assert.equal(isRevoked('t1'), true);
    assert.equal(isRevoked('t2'), false);
    revoke('t2');
    await pass(500);
    assert.equal(isRevoked('t2'), true);
    assert.equal(isRevoked('t1'), true);
    assert.equal(asked.at(-1), 1n);
  });

  it('keeps its pace when the position moves without end', async () => {
    const { asked, pass, revoke } = setUp();
    await settle();
    for (let n = 0; n < 4; n++) {
      revoke(`t${n}`);
      await pass(250);
    }
    assert.equal(asked.length, 3);
  });

  it('is stale five seconds after the last page, and fresh again when it is back', async () => {
    const { feed: started, state, pass } = setUp();
    await settle();
    state.fails = true;
    await pass(MAX_STALENESS_MS);
    assert.equal(started.isFresh(), true);
    await pass(500);
    assert.equal(started.isFresh(), false);
    state.fails = false;
    await pass(500);
    assert.equal(started.isFresh(), true);
  });
});
