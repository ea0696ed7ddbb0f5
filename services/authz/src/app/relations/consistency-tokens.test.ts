import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { uuidv7 } from '@lumo/kit';
import { createConsistencyTokens } from './consistency-tokens.js';
import { createTextSealer } from './sealed-text.js';

const [OLD, NEW] = [randomBytes(32), randomBytes(32)];
const EPOCH = '00112233445566ff';
const ORG = uuidv7();

describe('consistency tokens', () => {
  const tokens = createConsistencyTokens(createTextSealer([NEW, OLD]));
  const reasonOf = (open: () => unknown) => {
    try {
      open();
      return 'opened';
    } catch (error) {
      return (error as { details?: { reason?: string } }).details?.reason;
    }
  };

  it('say which revision they stand for, to the end of what a number holds exactly', () => {
    for (const revision of [0, 1, 256, 2 ** 32, 2 ** 47]) {
      assert.equal(tokens.open(tokens.mint(ORG, EPOCH, revision), ORG, EPOCH), revision);
    }
  });

  it('are opened after the master key was replaced', () => {
    const before = createConsistencyTokens(createTextSealer([OLD])).mint(ORG, EPOCH, 7);
    assert.equal(tokens.open(before, ORG, EPOCH), 7);
    const foreign = createConsistencyTokens(createTextSealer([randomBytes(32)])).mint(ORG, EPOCH, 7);
    assert.equal(
      reasonOf(() => tokens.open(foreign, ORG, EPOCH)),
      'malformed',
    );
  });

  it('are refused for another organization or epoch, again and again', () => {
    const token = tokens.mint(ORG, EPOCH, 7);
    for (let i = 0; i < 3; i++) {
      assert.equal(
        reasonOf(() => tokens.open(token, uuidv7(), EPOCH)),
        'other_org',
      );
      assert.equal(
        reasonOf(() => tokens.open(token, ORG, 'ffffffffffffffff')),
        'other_epoch',
      );
      assert.equal(tokens.open(token, ORG, EPOCH), 7);
    }
  });

  it('are refused where a character differs, and in any other spelling', () => {
    const token = tokens.mint(ORG, EPOCH, 7);
    for (let i = 0; i < token.length; i++) {
      const other = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      assert.equal(
        reasonOf(() => tokens.open(other, ORG, EPOCH)),
        'malformed',
        `character ${i}`,
      );
    }
    for (const other of ['', `${token}=`, ` ${token}`, token.slice(1), `${token}A`]) {
      assert.equal(
        reasonOf(() => tokens.open(other, ORG, EPOCH)),
        'malformed',
      );
    }
  });

  it('are no texts of another purpose', () => {
    const sealer = createTextSealer([NEW]);
    const cursor = sealer.seal('relation-page', Buffer.from([1, 2, 3]));
    assert.equal(sealer.open('relation-consistency', cursor), undefined);
    assert.deepEqual(sealer.open('relation-page', cursor), Buffer.from([1, 2, 3]));
  });
});
