import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appendToChain, emptyChain, verifyChain } from './hash-chain.js';
import { fact } from './log-fact.fixture.js';
import type { LogRecord } from './log-record.js';

const ORG = '01990000-0000-7000-8000-000000000001';
const EMPTY = emptyChain(ORG);
const chain = appendToChain(
  EMPTY,
  Array.from({ length: 5 }, (_, i) => fact({ requestId: `r${i}` })),
  new Date(0),
);
const [one, two, three, four, five] = chain as [LogRecord, LogRecord, LogRecord, LogRecord, LogRecord];
const verify = (...records: readonly LogRecord[]) => {
  const verified = verifyChain(EMPTY, records, five);
  return verified.ok ? 'valid' : `${verified.error.reason} at ${verified.error.seq}`;
};

describe('the hash chain of a log', () => {
  it('numbers records without gaps and verifies', () => {
    assert.deepEqual(
      chain.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
    assert.equal(verify(...chain), 'valid');
    assert.deepEqual(verifyChain(EMPTY, chain), { ok: true, value: { seq: 5, hash: five.hash } });
  });
  it('goes on from the middle', () => assert.equal(verifyChain(two, [three, four, five], five).ok, true));
  it('is the same whether records come one by one or together', () => {
    const again = appendToChain(appendToChain(EMPTY, [one], one.recordedAt)[0] as LogRecord, [two], two.recordedAt);
    assert.deepEqual(again[0], two);
  });

  describe('finds', () => {
    const changes: readonly (readonly [string, Partial<LogRecord>])[] = [
      ['the name', { name: 'user.deleted' }],
      ['the time', { occurredAt: new Date(1) }],
      ['the actor', { actor: { ...three.actor, id: 'u9' } }],
      ['the chain of agents', { actorChain: [{ type: 'agent', id: 'agt_x' }] }],
      ['the target, taken away', { target: null }],
      ['the result', { result: 'denied' }],
      ['a fact', { data: { ...three.data, list: [1, 2.6] } }],
      ['the address', { ip: null }],
      ['the event id', { eventId: '01990000-0000-7000-8000-0000000000ff' }],
    ];
    for (const [what, change] of changes)
      it(`a change of ${what}`, () =>
        assert.equal(verify(one, two, { ...three, ...change }, four, five), 'changed at 3'));

    it('a changed hash', () =>
      assert.equal(verify(one, two, { ...three, hash: Buffer.alloc(32) }, four, five), 'changed at 3'));
    it('a change with a new hash: the next record does not fit any more', () => {
      const [forged] = appendToChain(two, [{ ...three, result: 'denied' }], three.recordedAt);
      assert.equal(verify(one, two, forged as LogRecord, four, five), 'changed at 4');
    });
    it('a removed record', () => assert.equal(verify(one, two, four, five), 'gap at 3'));
    it('a removed first record', () => assert.equal(verify(two, three, four, five), 'gap at 1'));
    it('a cut-off end', () => assert.equal(verify(one, two, three), 'gap at 4'));
    it('everything removed', () => assert.equal(verify(), 'gap at 1'));
    it('two records that changed places', () =>
      assert.equal(verify(one, { ...three, seq: 2 }, { ...two, seq: 3 }, four, five), 'changed at 2'));
    it('a record that stands twice', () => assert.equal(verify(one, two, two, three, four, five), 'gap at 3'));
    it('a record behind the head', () => {
      const [extra] = appendToChain(five, [fact()], five.recordedAt);
      assert.equal(verify(...chain, extra as LogRecord), 'end at 6');
    });
    it('the chain of another org', () => {
      const other = emptyChain('01990000-0000-7000-8000-000000000002');
      const verified = verifyChain(other, chain, five);
      assert.deepEqual(verified, { ok: false, error: { reason: 'changed', seq: 1 } });
    });
  });
});
