import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actClaim, delegationChain, readActChain } from './act-chain.js';

const ISSUER = 'https://id.example/orgs/acme/api/v1';
const act = (sub: string, inner?: object, iss = ISSUER) => ({ iss, sub, ...(inner && { act: inner }) });

describe('act, RFC 8693 section 4.1', () => {
  it('puts the current actor outside and those before it inside', () => {
    assert.deepEqual(actClaim(ISSUER, ['agt_a', 'agt_b']), {
      iss: ISSUER,
      sub: 'agent_agt_b',
      sub_profile: 'ai_agent',
      act: { iss: ISSUER, sub: 'agent_agt_a', sub_profile: 'ai_agent' },
    });
    assert.equal(actClaim(ISSUER, []), undefined);
  });

  it('reads what it wrote', () => {
    const chain = ['agt_a', 'agt_b', 'agt_c'];
    const claims = { act: actClaim(ISSUER, chain), delegation_chain: delegationChain(chain) };
    assert.deepEqual(readActChain(claims, ISSUER), chain);
    assert.deepEqual(readActChain({}, ISSUER), []);
  });

  const refused: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'the reversed order (D-13)': {
      act: act('agent_agt_a', act('agent_agt_b')),
      delegation_chain: ['agent_agt_a', 'agent_agt_b'],
    },
    'a chain without delegation_chain': { act: act('agent_agt_a') },
    'delegation_chain without a chain': { delegation_chain: ['agent_agt_a'] },
    'a shortened delegation_chain': {
      act: act('agent_agt_b', act('agent_agt_a')),
      delegation_chain: ['agent_agt_b'],
    },
    'an actor of another issuer (D-12)': {
      act: act('agent_agt_a', undefined, 'https://evil.example'),
      delegation_chain: ['agent_agt_a'],
    },
    'an actor that is a user': {
      act: act('0190b2b4-0000-7000-8000-000000000000'),
      delegation_chain: ['0190b2b4-0000-7000-8000-000000000000'],
    },
    'an act that is text': { act: 'agent_agt_a', delegation_chain: ['agent_agt_a'] },
    'null inside': { act: { ...act('agent_agt_a'), act: null }, delegation_chain: ['agent_agt_a'] },
  };
  for (const [name, claims] of Object.entries(refused)) {
    it(`refuses ${name}`, () => assert.equal(readActChain(claims, ISSUER), undefined));
  }

  it('refuses a chain without end', () => {
    let endless: object = act('agent_agt_a');
    for (let i = 0; i < 50; i++) endless = act('agent_agt_a', endless);
    assert.equal(readActChain({ act: endless, delegation_chain: [] }, ISSUER), undefined);
  });
});
