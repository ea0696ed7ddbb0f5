import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentNamed } from './agent.fixture.js';
import type { Agent } from './agent.js';
import { authorizeExchange, type ExchangeInput, type ExchangeRefusal } from './authorize-exchange.js';
import type { Delegation } from './delegation.js';

const NOW = 1_750_000_000_000;
const IN_AN_HOUR = NOW / 1000 + 3600;
const CAPS = ['document.read', 'document.write', 'delegate:on_behalf'];
const A = agentNamed('agt_a', CAPS);
const B = agentNamed('agt_b', CAPS);
const C = agentNamed('agt_c', CAPS);
const D = agentNamed('agt_d', CAPS);

function among(...agents: readonly Agent[]): ReadonlyMap<string, Agent> {
  return new Map(agents.map((agent) => [agent.agentId, agent]));
}

/** The user's own token, exchanged by A. */
const FIRST: ExchangeInput = {
  subject: { userId: 'u1', scopes: ['openid', 'email', 'document.read', 'document.write'], chain: [] },
  actor: { agentId: 'agt_a', scopes: ['delegate:on_behalf', 'document.read'] },
  requestedScopes: [],
  audience: '',
  expiresAt: IN_AN_HOUR,
  agents: among(A),
  parent: undefined,
  namesParent: false,
  liveRoots: 0,
};

const FROM_A: Delegation = {
  id: '01990000-0000-7000-8000-00000000000a',
  parentId: null,
  userId: 'u1',
  chain: ['agt_a'],
  scopes: ['document.read', 'document.write'],
  audience: '',
  expiresAt: IN_AN_HOUR,
  childCount: 0,
  closed: false,
};

/** The token that A holds for the user, exchanged by B. */
const SECOND: ExchangeInput = {
  ...FIRST,
  subject: { userId: 'u1', scopes: ['document.read', 'document.write'], chain: ['agt_a'] },
  actor: { agentId: 'agt_b', scopes: [] },
  agents: among(A, B),
  parent: FROM_A,
  namesParent: true,
};

const THIRD: ExchangeInput = {
  ...SECOND,
  subject: { ...SECOND.subject, chain: ['agt_a', 'agt_b'] },
  actor: { agentId: 'agt_c', scopes: [] },
  agents: among(A, B, C),
  parent: { ...FROM_A, chain: ['agt_a', 'agt_b'] },
};

describe('an agent is allowed to act for a user (RFC 8693, contract 4.6)', () => {
  const granted: readonly (readonly [string, ExchangeInput, object])[] = [
    [
      'takes the intersection where no scope was asked for',
      FIRST,
      { chain: ['agt_a'], scopes: ['document.read'], audience: '', expiresAt: IN_AN_HOUR },
    ],
    [
      'takes the capabilities where the actor token was not narrowed',
      { ...FIRST, actor: { agentId: 'agt_a', scopes: [] } },
      { scopes: ['document.read', 'document.write'] },
    ],
    [
      'takes what was asked for, once',
      { ...FIRST, requestedScopes: ['document.read', 'document.read'] },
      { scopes: ['document.read'] },
    ],
    [
      'never hands on scopes about identity, admin scopes or the right to act for users',
      {
        ...FIRST,
        subject: {
          ...FIRST.subject,
          scopes: ['openid', 'offline_access', 'admin', 'delegate:on_behalf', 'document.read'],
        },
        actor: { agentId: 'agt_a', scopes: [] },
        agents: among(agentNamed('agt_a', [...CAPS, 'openid', 'offline_access', 'admin'])),
      },
      { scopes: ['document.read'] },
    ],
    ['may end with no scope at all', { ...FIRST, subject: { ...FIRST.subject, scopes: ['openid'] } }, { scopes: [] }],
    ['appends to the chain: first delegate first', SECOND, { chain: ['agt_a', 'agt_b'] }],
    ['reaches depth 3', THIRD, { chain: ['agt_a', 'agt_b', 'agt_c'] }],
    [
      'binds a free delegation to an audience',
      { ...SECOND, audience: 'https://mcp.example' },
      { audience: 'https://mcp.example' },
    ],
    [
      'keeps the audience of the delegation',
      { ...SECOND, parent: { ...FROM_A, audience: 'https://mcp.example' } },
      { audience: 'https://mcp.example' },
    ],
    [
      'D-9 ends no later than the delegation it continues',
      { ...SECOND, parent: { ...FROM_A, expiresAt: IN_AN_HOUR - 3000 } },
      { expiresAt: IN_AN_HOUR - 3000 },
    ],
    [
      'D-9 ends no later than the tokens',
      { ...SECOND, expiresAt: IN_AN_HOUR - 3300 },
      { expiresAt: IN_AN_HOUR - 3300 },
    ],
    [
      'D-11 drops a scope that an agent of the chain can no longer use',
      { ...SECOND, agents: among(agentNamed('agt_a', ['delegate:on_behalf', 'document.write']), B) },
      { scopes: ['document.write'] },
    ],
    ['allows the 100th child', { ...SECOND, parent: { ...FROM_A, childCount: 99 } }, {}],
  ];
  for (const [what, input, expected] of granted)
    it(what, () => {
      const decided = authorizeExchange(input, NOW);
      assert.ok(decided.ok, JSON.stringify(decided));
      assert.deepEqual(decided.value, { ...decided.value, ...expected });
    });
});

describe('an agent is not allowed to act for a user', () => {
  const refused: readonly (readonly [string, ExchangeInput, ExchangeRefusal['reason']])[] = [
    ['an input token that has ended', { ...FIRST, expiresAt: NOW / 1000 }, 'expired'],
    ['D-2 a disabled actor', { ...FIRST, agents: among({ ...A, status: 'disabled' }) }, 'actor_inactive'],
    ['D-2 a deleted actor; D-10 an actor of another org', { ...FIRST, agents: among() }, 'actor_inactive'],
    [
      'an actor without the capability',
      { ...FIRST, agents: among(agentNamed('agt_a', ['document.read'])) },
      'actor_may_not_act',
    ],
    [
      'an actor token that was narrowed below the capability',
      { ...FIRST, actor: { agentId: 'agt_a', scopes: ['document.read'] } },
      'actor_token_too_narrow',
    ],
    [
      'D-2 a disabled agent in the chain',
      { ...SECOND, agents: among({ ...A, status: 'disabled' }, B) },
      'chain_broken',
    ],
    ['D-2 a deleted agent in the chain', { ...SECOND, agents: among(B) }, 'chain_broken'],
    [
      'D-2 an agent in the chain that may no longer act for users',
      { ...SECOND, agents: among(agentNamed('agt_a', ['document.read']), B) },
      'chain_broken',
    ],
    ['D-2 a delegation that was closed', { ...SECOND, parent: { ...FROM_A, closed: true } }, 'delegation_ended'],
    ['D-2 a delegation that is gone', { ...SECOND, parent: undefined }, 'delegation_ended'],
    ['a delegation that has ended', { ...SECOND, parent: { ...FROM_A, expiresAt: NOW / 1000 } }, 'delegation_ended'],
    ['D-1 a chain without its delegation', { ...SECOND, parent: undefined, namesParent: false }, 'delegation_ended'],
    [
      'D-1 a delegation named by a token without a chain',
      { ...FIRST, parent: FROM_A, namesParent: true },
      'delegation_ended',
    ],
    ['a delegation of another user', { ...SECOND, parent: { ...FROM_A, userId: 'u2' } }, 'delegation_ended'],
    [
      'D-12 a chain that is not the recorded one',
      { ...SECOND, parent: { ...FROM_A, chain: ['agt_c'] } },
      'delegation_ended',
    ],
    [
      'D-13 a chain in the reversed order',
      { ...THIRD, subject: { ...THIRD.subject, chain: ['agt_b', 'agt_a'] } },
      'delegation_ended',
    ],
    ['D-6 A → B → A', { ...THIRD, actor: { agentId: 'agt_a', scopes: [] }, agents: among(A, B) }, 'agent_twice'],
    [
      'D-6 an agent that delegates to itself',
      { ...SECOND, actor: { agentId: 'agt_a', scopes: [] }, agents: among(A) },
      'agent_twice',
    ],
    [
      'D-5 the fourth agent',
      {
        ...THIRD,
        subject: { ...THIRD.subject, chain: ['agt_a', 'agt_b', 'agt_c'] },
        actor: { agentId: 'agt_d', scopes: [] },
        agents: among(A, B, C, D),
        parent: { ...FROM_A, chain: ['agt_a', 'agt_b', 'agt_c'] },
      },
      'too_deep',
    ],
    [
      'D-7 a scope the user token does not have',
      { ...FIRST, requestedScopes: ['document.read', 'document.erase'] },
      'scope_wider',
    ],
    ['D-7 a scope the actor token does not have', { ...FIRST, requestedScopes: ['document.write'] }, 'scope_wider'],
    ['D-7 openid', { ...FIRST, requestedScopes: ['openid'] }, 'scope_wider'],
    [
      'D-7 a scope the delegation was not made with',
      { ...SECOND, requestedScopes: ['document.write'], parent: { ...FROM_A, scopes: ['document.read'] } },
      'scope_wider',
    ],
    ['D-8 a wildcard', { ...FIRST, requestedScopes: ['document.*'] }, 'scope_wider'],
    ['D-8 another case', { ...FIRST, requestedScopes: ['Document.Read'] }, 'scope_wider'],
    [
      'D-7 another audience',
      { ...SECOND, audience: 'https://other.example', parent: { ...FROM_A, audience: 'https://mcp.example' } },
      'audience_wider',
    ],
    ['D-15 the 101st child', { ...SECOND, parent: { ...FROM_A, childCount: 100 } }, 'too_many_children'],
    ['D-15 the 1001st delegation of one user to one agent', { ...FIRST, liveRoots: 1000 }, 'too_many_children'],
  ];
  for (const [what, input, reason] of refused)
    it(`refuses ${what}`, () => {
      const decided = authorizeExchange(input, NOW);
      assert.equal(decided.ok ? `granted ${JSON.stringify(decided.value)}` : decided.error.reason, reason);
    });
});
