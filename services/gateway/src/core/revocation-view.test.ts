import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRevocationView, type Revocable, type Revocation } from './revocation-view.js';

const NOW = 1_000_000;
const TOKEN: Revocable = {
  orgId: 'org-a',
  tokenId: 'jti-1',
  subjects: ['user-1', 'agent_agt_1'],
  clientId: 'cli_1',
  grantId: 'grant-1',
  originClientId: 'cli_0',
  issuedAtSeconds: NOW - 100,
};
const entry = (what: Revocation['what'], rest: Partial<Revocation> = {}): Revocation => ({
  orgId: 'org-a',
  what,
  notBeforeSeconds: 0,
  expiresAtSeconds: NOW + 3600,
  ...rest,
});

const CASES: readonly (readonly [name: string, entry: Revocation, revoked: boolean])[] = [
  ['the token itself', entry({ kind: 'token', id: 'jti-1' }), true],
  ['another token', entry({ kind: 'token', id: 'jti-2' }), false],
  ['its grant', entry({ kind: 'grant', id: 'grant-1' }), true],
  ['its subject, later', entry({ kind: 'subject', id: 'user-1' }, { notBeforeSeconds: NOW }), true],
  [
    'its subject, before it was issued',
    entry({ kind: 'subject', id: 'user-1' }, { notBeforeSeconds: NOW - 101 }),
    false,
  ],
  [
    'its subject, at the second it was issued',
    entry({ kind: 'subject', id: 'user-1' }, { notBeforeSeconds: NOW - 100 }),
    false,
  ],
  ['an actor in its chain', entry({ kind: 'subject', id: 'agent_agt_1' }, { notBeforeSeconds: NOW }), true],
  ['the client that the user signed in to', entry({ kind: 'client', id: 'cli_0' }, { notBeforeSeconds: NOW }), true],
  ['its client', entry({ kind: 'client', id: 'cli_1' }, { notBeforeSeconds: NOW }), true],
  [
    'a subject of that name in another org',
    entry({ kind: 'subject', id: 'user-1' }, { orgId: 'org-b', notBeforeSeconds: NOW }),
    false,
  ],
  ['a token named like its grant', entry({ kind: 'token', id: 'grant-1' }), false],
  [
    'itself, but everything it names has expired',
    entry({ kind: 'token', id: 'jti-1' }, { expiresAtSeconds: NOW }),
    false,
  ],
];

describe('revocation view', () => {
  for (const [name, revocation, revoked] of CASES) {
    it(`${revoked ? 'refuses' : 'keeps'} a token when the feed names ${name}`, () => {
      const view = createRevocationView(100);
      view.apply([revocation], NOW);
      assert.equal(view.isRevoked(TOKEN), revoked);
    });
  }

  it('does not let an older entry shorten a newer one', () => {
    const view = createRevocationView(100);
    view.apply([entry({ kind: 'subject', id: 'user-1' }, { notBeforeSeconds: NOW })], NOW);
    view.apply(
      [entry({ kind: 'subject', id: 'user-1' }, { notBeforeSeconds: NOW - 500, expiresAtSeconds: NOW + 1 })],
      NOW,
    );
    assert.ok(view.isRevoked(TOKEN));
    assert.equal(view.size, 1);
  });

  it('forgets what has expired', () => {
    const view = createRevocationView(100);
    view.apply([entry({ kind: 'token', id: 'jti-1' })], NOW);
    view.apply([], NOW + 3601);
    assert.equal(view.size, 0);
  });

  it('stays bounded and never forgets a revocation: the largest org loses all its older tokens instead', () => {
    const view = createRevocationView(10);
    const many = Array.from({ length: 12 }, (_, n) => entry({ kind: 'token', id: `other-${n}` }, { orgId: 'org-big' }));
    view.apply([entry({ kind: 'token', id: 'jti-1' }), ...many], NOW);
    assert.ok(view.size <= 10);
    assert.ok(view.isRevoked({ ...TOKEN, orgId: 'org-big', tokenId: 'other-3' }));
    assert.ok(view.isRevoked({ ...TOKEN, orgId: 'org-big', tokenId: 'innocent' }), 'older tokens of the big org');
    assert.ok(
      !view.isRevoked({ ...TOKEN, orgId: 'org-big', tokenId: 'new', issuedAtSeconds: NOW }),
      'new ones are good',
    );
    assert.ok(view.isRevoked(TOKEN), 'the small org keeps its entry');
    assert.ok(!view.isRevoked({ ...TOKEN, tokenId: 'jti-2' }), 'and its other tokens');
  });
});
