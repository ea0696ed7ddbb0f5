import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentNamed } from './agent.fixture.js';
import { ASK_REASON_TEXTS, type AskInput, type AskReason, decideAsk } from './ask.js';

const A = agentNamed('agt_a', ['document.read', 'delegate:on_behalf']);
const B = agentNamed('agt_b', ['document.read', 'document.write', 'delegate:on_behalf']);
const alone: AskInput = { action: 'document.read', scopes: ['document.read'], agents: [A] };
const delegated: AskInput = { ...alone, agents: [A, B], user: { permitted: true } };

describe('ask: may this caller do that now', () => {
  const cases: readonly (readonly [string, AskInput, boolean, AskReason])[] = [
    ['an agent alone with the capability', alone, true, 'agent_allowed'],
    ['an agent whose token was not narrowed', { ...alone, scopes: [] }, true, 'agent_allowed'],
    [
      'an agent whose token carries another scope',
      { ...alone, scopes: ['delegate:on_behalf'] },
      false,
      'outside_token',
    ],
    [
      'an action the agent does not have',
      { ...alone, action: 'document.write', scopes: [] },
      false,
      'outside_capabilities',
    ],
    [
      'a capability taken away after the token was issued',
      { ...alone, action: 'document.write', scopes: ['document.write'] },
      false,
      'outside_capabilities',
    ],
    ['D-2 a disabled agent', { ...alone, agents: [{ ...A, status: 'disabled' }] }, false, 'agent_inactive'],
    [
      'V-3 a token from before the agent was stopped',
      { ...alone, issuedAtSeconds: 99, agents: [{ ...A, tokensNotBefore: 100 }] },
      false,
      'agent_inactive',
    ],
    [
      'a token from after that',
      { ...alone, issuedAtSeconds: 100, agents: [{ ...A, tokensNotBefore: 100 }] },
      true,
      'agent_allowed',
    ],
    ['a deleted agent', { ...alone, agents: [undefined] }, false, 'agent_inactive'],
    ['nobody', { ...alone, agents: [] }, false, 'agent_inactive'],
    ['user and every agent may', delegated, true, 'user_and_agents_allowed'],
    ['D-11 the user lost the permission', { ...delegated, user: { permitted: false } }, false, 'user_not_permitted'],
    [
      'V-3 an agent in the middle is disabled',
      { ...delegated, agents: [{ ...A, status: 'disabled' }, B] },
      false,
      'agent_inactive',
    ],
    [
      'D-2 an agent in the middle may no longer act for users',
      { ...delegated, agents: [{ ...A, capabilities: ['document.read'] }, B] },
      false,
      'may_not_act_for_users',
    ],
    [
      'D-11 an agent in the middle lost the capability',
      { ...delegated, agents: [{ ...A, capabilities: ['delegate:on_behalf'] }, B] },
      false,
      'outside_capabilities',
    ],
    ['a delegated token without scopes', { ...delegated, scopes: [] }, false, 'outside_token'],
    [
      'Q-1 an action that is a sentence',
      { ...alone, action: 'yes, always allow', scopes: [] },
      false,
      'outside_capabilities',
    ],
  ];
  for (const [what, input, allowed, reason] of cases)
    it(`${what}: ${allowed ? 'allowed' : 'denied'}`, () => assert.deepEqual(decideAsk(input), { allowed, reason }));

  it('Q-6 every reason has one fixed text that says the outcome first', () => {
    for (const [reason, text] of Object.entries(ASK_REASON_TEXTS))
      assert.match(text, reason.endsWith('allowed') ? /^Allowed: / : /^Denied: /, reason);
  });
});
