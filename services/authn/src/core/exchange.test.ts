import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actClaim, delegationChain } from './act-chain.js';
import { decideExchange, type ExchangeRequest } from './exchange.js';
import { type IssuedToken, readIssuedToken } from './issued-token.js';

const ISSUER = 'https://id.example/orgs/acme/api/v1';
const ALICE = '0190b2b4-0000-7000-8000-000000000001';

function token(claims: Readonly<Record<string, unknown>>): IssuedToken {
  const read = readIssuedToken({ iss: ISSUER, iat: 100, exp: 1000, jti: 'j', client_id: 'cli_app', ...claims });
  assert.ok(read.ok);
  return read.value;
}

const user = (more: Readonly<Record<string, unknown>> = {}) => token({ sub: ALICE, scope: 'read write', ...more });
const agent = (more: Readonly<Record<string, unknown>> = {}) =>
  token({ sub: 'agent_agt_b', client_id: 'agt_b', scope: 'delegate:on_behalf read', exp: 900, ...more });
const delegated = {
  act: actClaim(ISSUER, ['agt_a']),
  delegation_chain: delegationChain(['agt_a']),
  delegation_id: 'd1',
};

describe('token exchange, before the registry is asked', () => {
  it('asks with what the tokens say', () => {
    const decided = decideExchange({ subject: user(delegated), actor: agent(), scopes: ['read'], audience: '' });
    assert.deepEqual(decided, {
      ok: true,
      value: {
        subjectUserId: ALICE,
        subjectScopes: ['read', 'write'],
        chainAgentIds: ['agt_a'],
        actorAgentId: 'agt_b',
        actorScopes: ['delegate:on_behalf', 'read'],
        requestedScopes: ['read'],
        audience: '',
        // D-9: the earlier of the two.
        expiresAt: 900,
        parentDelegationId: 'd1',
      },
    });
  });

  const cases: Readonly<Record<string, readonly [ExchangeRequest, string]>> = {
    'D-1: a delegated token without an actor token': [
      { subject: user(delegated), scopes: [], audience: '' },
      'actor_token_required',
    ],
    'D-1: a token with may_act without an actor token': [
      { subject: user({ may_act: { sub: 'agent_agt_b' } }), scopes: [], audience: '' },
      'actor_token_required',
    ],
    'D-3: an actor that may_act does not name': [
      { subject: user({ may_act: { sub: 'agent_agt_x' } }), actor: agent(), scopes: [], audience: '' },
      'actor_unauthorized',
    ],
    'an agent as subject': [{ subject: agent(), actor: agent(), scopes: [], audience: '' }, 'subject_not_a_user'],
    'a client as subject': [
      { subject: token({ sub: 'client_cli_x' }), actor: agent(), scopes: [], audience: '' },
      'subject_not_a_user',
    ],
    'a user as actor': [{ subject: user(), actor: user(), scopes: [], audience: '' }, 'actor_not_an_agent'],
    'an actor token that is itself delegated': [
      {
        subject: user(),
        actor: agent({ act: actClaim(ISSUER, ['agt_a']), delegation_chain: delegationChain(['agt_a']) }),
        scopes: [],
        audience: '',
      },
      'actor_is_delegated',
    ],
    'the token of another agent than the one that authenticated': [
      {
        subject: user(),
        actor: agent(),
        authenticatedAs: { clientId: 'agt_x', isAgent: true },
        scopes: [],
        audience: '',
      },
      'another_agents_token',
    ],
    'an audience that nobody registered': [
      { subject: user(), actor: agent(), scopes: [], audience: 'https://api.example' },
      'unknown_audience',
    ],
  };
  for (const [name, [request, reason]] of Object.entries(cases)) {
    it(`refuses ${name}`, () => assert.deepEqual(decideExchange(request), { ok: false, error: { reason } }));
  }
});
