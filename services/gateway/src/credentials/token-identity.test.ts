import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JwtClaims } from '@lumo/token-signing';
import { readTokenIdentity, type TokenRefusal } from './token-identity.js';

const ISSUER = 'https://id.example.com/orgs/acme-corp/api/v1';
const USER = '0192a1b2-0000-7000-8000-00000000a11c';
const BASE: JwtClaims = {
  iss: ISSUER,
  iat: 100,
  exp: 200,
  sub: USER,
  aud: 'cli_1',
  client_id: 'cli_1',
  jti: 'j1',
  scope: 'a b',
};
const read = (claims: Record<string, unknown>) => readTokenIdentity({ ...BASE, ...claims }, { issuer: ISSUER });

describe('principal of an access token', () => {
  it('is a user, with scopes, client, token id and time of sign-in', () => {
    assert.deepEqual(read({ auth_time: 90, amr: ['pwd', 7, 'otp'], grant_id: 'g1' }), {
      ok: true,
      value: {
        principal: {
          type: 'user',
          id: USER,
          scopes: ['a', 'b'],
          actors: [],
          clientId: 'cli_1',
          tokenId: 'j1',
          issuedAtSeconds: 100,
          authTimeSeconds: 90,
          authMethods: ['pwd', 'otp'],
        },
        subjects: [USER],
        grantId: 'g1',
        issuedAtSeconds: 100,
      },
    });
  });

  it('is an agent, whose capabilities count like scopes', () => {
    const agent = read({
      sub: 'agent_agt_7',
      client_id: 'agt_7',
      aud: 'agt_7',
      scope: 'a',
      capabilities: ['a', 'document.read'],
    });
    assert.ok(agent.ok);
    assert.equal(agent.value.principal.type, 'agent');
    assert.equal(agent.value.principal.id, 'agt_7');
    assert.deepEqual(agent.value.principal.scopes, ['a', 'document.read']);
  });

  it('says what its sender must hold', () => {
    const bound = read({ cnf: { jkt: 'a', 'x5t#S256': 'b' } });
    assert.ok(bound.ok);
    assert.deepEqual(bound.value.confirmation, { jkt: 'a', x5t: 'b' });
  });

  it('is a client', () => {
    const client = read({ sub: 'client_cli_1' });
    assert.ok(client.ok);
    assert.deepEqual([client.value.principal.type, client.value.principal.id], ['client', 'cli_1']);
  });

  it('is the user of a delegated token; actors run from first to current, RFC 8693 section 4.1', () => {
    const delegated = read({ act: { sub: 'agent_agt_b', act: { sub: 'agent_agt_a' } } });
    assert.ok(delegated.ok);
    assert.equal(delegated.value.principal.type, 'user');
    assert.deepEqual(delegated.value.principal.actors, [
      { type: 'agent', id: 'agt_a' },
      { type: 'agent', id: 'agt_b' },
    ]);
    assert.deepEqual(delegated.value.subjects, [USER, 'agent_agt_a', 'agent_agt_b']);
  });

  it('accepts a token whose audience is this issuer', () => {
    assert.ok(read({ aud: ISSUER }).ok);
    assert.ok(read({ aud: ['https://other.example', ISSUER] }).ok);
  });

  let nested: unknown = { sub: 'agent_agt_0' };
  for (let depth = 1; depth <= 10; depth++) nested = { sub: `agent_agt_${depth}`, act: nested };

  const refused: readonly (readonly [name: string, claims: Record<string, unknown>, reason: TokenRefusal])[] = [
    ['a subject that is the id of a client', { sub: 'cli_1' }, 'unknown_subject'],
    ['a subject in free text', { sub: 'admin' }, 'unknown_subject'],
    ['no subject', { sub: undefined }, 'unknown_subject'],
    ['an agent without an id', { sub: 'agent_' }, 'unknown_subject'],
    ['an actor without a subject', { act: {} }, 'bad_actor'],
    ['an actor in text', { act: 'agent_agt_1' }, 'bad_actor'],
    ['an actor of no known kind', { act: { sub: 'root' } }, 'bad_actor'],
    ['a null actor', { act: null }, 'bad_actor'],
    ['a chain without end', { act: nested }, 'bad_actor'],
    ['a token for another resource', { aud: 'https://api.example' }, 'wrong_audience'],
    ['a token for the issuer of another org', { aud: 'https://id.example.com/orgs/globex/api/v1' }, 'wrong_audience'],
    ['a token without an audience', { aud: undefined }, 'wrong_audience'],
    ['a token bound in a way that nobody knows', { cnf: { kid: 'x' } }, 'unknown_confirmation'],
    ['a token bound also in a way that nobody knows', { cnf: { jkt: 'x', osc: {} } }, 'unknown_confirmation'],
    ['an empty binding', { cnf: {} }, 'unknown_confirmation'],
    ['a binding in text', { cnf: 'x' }, 'unknown_confirmation'],
    ['a null binding', { cnf: null }, 'unknown_confirmation'],
  ];
  for (const [name, claims, reason] of refused) {
    it(`refuses ${name}`, () => assert.deepEqual(read(claims), { ok: false, error: reason }));
  }
});
