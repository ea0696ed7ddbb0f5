import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayUsePolicies, type PolicyRight, scopeGrantsPolicies } from './policy-rights.js';
import type { Caller } from './question.js';
import type { RbacGraph } from './rbac-graph.js';

const AGENT = { type: 'agent', id: 'agt_9' };
const caller = (type: string, scopes: readonly string[] = [], actors: readonly unknown[] = []): Caller => ({
  type,
  id: 'one',
  scopes,
  actors,
});

/** A graph in which everybody holds these permissions and nothing else. */
function holding(...permissions: readonly string[]): RbacGraph {
  const graph: Partial<RbacGraph> = {
    standing: () => 'standing' as never,
    holds: (_standing, permission) => permissions.includes(permission),
  };
  return graph as RbacGraph;
}

function may(graph: RbacGraph, who: Caller, right: PolicyRight): unknown {
  const byScope = scopeGrantsPolicies(who, right);
  return byScope === 'depends' ? mayUsePolicies(graph, who, right) : byScope;
}

describe('rights over policies and attributes', () => {
  const ALL: readonly PolicyRight[] = [
    'explain',
    'policies.view',
    'policies.manage',
    'attributes.view',
    'attributes.manage',
  ];
  const READING: readonly PolicyRight[] = ['explain', 'policies.view', 'attributes.view'];
  const EVERY = holding('policies.view', 'policies.manage', 'attributes.view', 'attributes.manage');
  const NONE = holding();
  const cases: readonly [string, RbacGraph, Caller, readonly PolicyRight[]][] = [
    ['a key with admin:read reads', NONE, caller('api_key', ['admin:read']), READING],
    ['a key with admin:write does everything', NONE, caller('api_key', ['admin:write']), ALL],
    ['a key with admin:roles does everything', NONE, caller('api_key', ['admin:roles']), ALL],
    ['a key that only asks has nothing', EVERY, caller('api_key', ['authz:check']), []],
    ['a key of another area has nothing, whatever roles there are', EVERY, caller('api_key', ['admin:users']), []],
    [
      'a client has its scopes',
      NONE,
      caller('client', ['attributes:manage']),
      ['attributes.view', 'attributes.manage'],
    ],
    [
      'managing policies is seeing them',
      NONE,
      caller('client', ['policies.manage']),
      ['explain', 'policies.view', 'policies.manage'],
    ],
    [
      'a client without scopes has what was assigned',
      holding('attributes.view'),
      caller('client'),
      ['attributes.view'],
    ],
    ['a person needs the permission', NONE, caller('user', ['admin', 'policies.manage']), []],
    ['a person needs the scope, but for seeing why', EVERY, caller('user', ['openid']), ['explain']],
    ['an administrator in an administrative app', EVERY, caller('user', ['admin']), ALL],
    ['an auditor', holding('policies.view'), caller('user', ['policies.view']), ['explain', 'policies.view']],
    ['an agent that acts for a person, without scopes', EVERY, caller('user', ['openid'], [AGENT]), []],
    [
      'an agent that acts for a person, with the scope',
      EVERY,
      caller('user', ['policies.view'], [AGENT]),
      ['explain', 'policies.view'],
    ],
    ['an agent with a capability', NONE, caller('agent', ['attributes.view']), ['attributes.view']],
    ['the operator of the installation stands outside', EVERY, caller('instance', ['admin']), []],
    ['nobody', EVERY, caller('anonymous'), []],
  ];
  for (const [title, graph, who, expected] of cases) {
    it(title, () =>
      assert.deepEqual(
        ALL.filter((right) => may(graph, who, right) === true),
        expected,
      ),
    );
  }

  it('what is not loaded yet is not a refusal', () => {
    const unknown = { standing: () => 'unknown' } as unknown as RbacGraph;
    assert.equal(may(unknown, caller('user', ['admin']), 'policies.manage'), 'unknown');
  });
});
