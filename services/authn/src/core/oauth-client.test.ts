import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { matchesClientSecret } from './oauth-client.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const now = new Date('2026-01-01T00:00:00Z');
const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
const secrets = [
  { sha256: sha256('current'), createdAt: now, expiresAt: null },
  { sha256: sha256('rotated'), createdAt: now, expiresAt: minutes(5) },
  { sha256: sha256('over'), createdAt: now, expiresAt: minutes(-5) },
];

describe('client secrets', () => {
  const cases: readonly [presented: string, at: Date, ok: boolean][] = [
    ['current', now, true],
    ['rotated', now, true],
    ['rotated', minutes(5), false],
    ['over', now, false],
    ['', now, false],
    ['current ', now, false],
  ];
  for (const [presented, at, expected] of cases) {
    it(`${JSON.stringify(presented)} at ${at.toISOString()}: ${expected}`, () => {
      assert.equal(matchesClientSecret(secrets, presented, at), expected);
    });
  }
  it('nothing matches a client without secrets', () => assert.equal(matchesClientSecret([], '', now), false));
});
