import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadBefore, millisecondsUntil } from './dead-before.js';
import { accessTokenSeconds, LONGEST_ACCESS_TOKEN_SECONDS, sessionSeconds } from './lifetimes.js';
import { CODE_REUSE, mayUseAgain, REFRESH_REUSE } from './one-time-use.js';
import { DEFAULT_SETTINGS } from './org-settings.js';
import { authorizationScopes, ownScopes } from './requested-scopes.js';
import { readSubject, subjectClaim } from './subject.js';

const at = (seconds: number) => new Date(seconds * 1000);

describe('scopes of an authorization request', () => {
  const allowed = ['openid', 'read', 'offline_access'];
  it('are the defaults of the client where none is named; offline_access must be named', () => {
    assert.deepEqual(authorizationScopes(undefined, allowed, false), ['openid', 'read']);
    assert.deepEqual(authorizationScopes('  ', allowed, false), ['openid', 'read']);
  });
  it('are those named, once each, known or not', () =>
    assert.deepEqual(authorizationScopes('read read other', allowed, false), ['read', 'other']));
  it('grow by access_type=offline where the client may have it', () => {
    assert.deepEqual(authorizationScopes('read', allowed, true), ['read', 'offline_access']);
    assert.deepEqual(authorizationScopes('read', ['read'], true), ['read']);
  });
});

describe('scopes of a machine', () => {
  it('are all of its own where none is named, and never those of a person', () =>
    assert.deepEqual(ownScopes(undefined, ['openid', 'a', 'b']), { ok: true, value: ['a', 'b'] }));
  it('are refused by name', () => {
    assert.deepEqual(ownScopes('a c', ['a', 'b']), { ok: false, error: { scope: 'c' } });
    assert.deepEqual(ownScopes('openid', ['openid', 'a']), { ok: false, error: { scope: 'openid' } });
    assert.deepEqual(ownScopes('A', ['a']), { ok: false, error: { scope: 'A' } });
  });
});

describe('a one-time value', () => {
  const used = (age: number, uses: number) => ({ consumedAt: at(1000 - age), uses });
  it('may be used when it was not', () =>
    assert.equal(mayUseAgain({ consumedAt: null, uses: 0 }, CODE_REUSE, at(1000)), true));
  it('a code never again', () => assert.equal(mayUseAgain(used(0, 1), CODE_REUSE, at(1000)), false));
  it('a refresh token for ten seconds and five uses', () => {
    assert.equal(mayUseAgain(used(9, 1), REFRESH_REUSE, at(1000)), true);
    assert.equal(mayUseAgain(used(9, 4), REFRESH_REUSE, at(1000)), true);
    assert.equal(mayUseAgain(used(9, 5), REFRESH_REUSE, at(1000)), false);
    assert.equal(mayUseAgain(used(10, 1), REFRESH_REUSE, at(1000)), false);
  });
});

describe('the moment before which tokens are dead', () => {
  it('covers every token of this second and the next, because iat has no fractions', () => {
    assert.deepEqual(deadBefore(new Date(10_001)), at(12));
    assert.deepEqual(deadBefore(new Date(10_000)), at(11));
  });
  it('is waited for', () => {
    assert.equal(millisecondsUntil(at(12), 10_500), 1500);
    assert.equal(millisecondsUntil(at(12), 12_000), 0);
    assert.equal(millisecondsUntil(undefined, 0), 0);
  });
});

describe('subjects', () => {
  const user = { type: 'user', id: '0190b2b4-0000-7000-8000-000000000001' } as const;
  for (const subject of [user, { type: 'agent', id: 'agt_x' }, { type: 'client', id: 'cli_x' }] as const) {
    it(`writes and reads a ${subject.type}`, () => assert.deepEqual(readSubject(subjectClaim(subject)), subject));
  }
  for (const sub of [undefined, 7, '', 'alice', 'agent_', 'admin_x', 'agent_a b']) {
    it(`does not read ${JSON.stringify(sub)}`, () => assert.equal(readSubject(sub), undefined));
  }
});

describe('lifetimes', () => {
  const { auth } = DEFAULT_SETTINGS;
  it('of an access token: the client, else the org, at most a day', () => {
    assert.equal(accessTokenSeconds({ accessTokenLifetimeSeconds: 60 }, auth), 60);
    assert.equal(accessTokenSeconds({ accessTokenLifetimeSeconds: null }, auth), 3600);
    assert.equal(accessTokenSeconds({ accessTokenLifetimeSeconds: 1e9 }, auth), LONGEST_ACCESS_TOKEN_SECONDS);
  });
  it('of a session: until it is idle, or its absolute end', () => {
    assert.equal(sessionSeconds(auth, undefined, 1000), auth.sessionIdleSeconds);
    assert.equal(sessionSeconds(auth, 1000, 1000 + auth.sessionLifetimeSeconds - 10), 10);
    assert.equal(sessionSeconds(auth, 1000, 1000 + auth.sessionLifetimeSeconds + 10), 1);
  });
});
