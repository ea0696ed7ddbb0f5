import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Caller } from './question.js';
import type { RbacGraph } from './rbac-graph.js';
import { isOwnSubject, mayUseRelations, type RelationRight, scopeGrantsRelations } from './relation-rights.js';

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

function may(graph: RbacGraph, who: Caller, right: RelationRight): unknown {
  const byScope = scopeGrantsRelations(who, right);
  return byScope === 'depends' ? mayUseRelations(graph, who, right) : byScope;
}

describe('rights over relations', () => {
  const ALL: readonly RelationRight[] = ['ask', 'read', 'write', 'manage'];
  const EVERY = holding('authz.check', 'relations.read', 'relations.write', 'relations.models.manage');
  const NONE = holding();
  const cases: readonly [string, RbacGraph, Caller, readonly RelationRight[]][] = [
    ['a key with admin:read asks and reads', NONE, caller('api_key', ['admin:read']), ['ask', 'read']],
    ['a key with admin:write does everything', NONE, caller('api_key', ['admin:write']), ALL],
    ['a key with admin:roles does everything', NONE, caller('api_key', ['admin:roles']), ALL],
    ['a key with authz:check only asks', NONE, caller('api_key', ['authz:check']), ['ask']],
    ['a key of another area has nothing, whatever roles there are', EVERY, caller('api_key', ['admin:users']), []],
    [
      'a client has its scopes',
      NONE,
      caller('client', ['relations.read', 'relations:write']),
      ['ask', 'read', 'write'],
    ],
    ['a client without scopes has what was assigned', holding('relations.write'), caller('client'), ['write']],
    ['a client with models only', NONE, caller('client', ['relations:models.manage']), ['manage']],
    ['a person needs the permission', NONE, caller('user', ['admin', 'relations.read']), []],
    ['a person needs the scope, but for asking', EVERY, caller('user', ['openid']), ['ask']],
    ['a person with both', EVERY, caller('user', ['relations.read', 'relations.write']), ['ask', 'read', 'write']],
    ['an administrator in an administrative app', EVERY, caller('user', ['admin']), ALL],
    ['a reader asks', holding('relations.read'), caller('user', ['relations.read']), ['ask', 'read']],
    ['an agent that acts for a person, without scopes', EVERY, caller('user', ['openid'], [AGENT]), []],
    ['an agent that acts for an agent, without scopes', EVERY, caller('agent', [], [AGENT]), []],
    ['an agent with a capability', NONE, caller('agent', ['authz:check']), ['ask']],
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
    assert.equal(may(unknown, caller('user', ['admin']), 'write'), 'unknown');
    assert.equal(may(unknown, caller('user'), 'ask'), 'unknown');
  });
});

describe('isOwnSubject', () => {
  const cases: readonly [Caller, string, boolean][] = [
    [caller('user'), 'user:one', true],
    [caller('agent'), 'agent:one', true],
    [caller('client'), 'client:one', true],
    [caller('user'), 'user:two', false],
    [caller('user'), 'user:One', false],
    [caller('user'), 'user:*', false],
    [caller('user'), 'user:one#friend', false],
    [caller('user'), 'agent:one', false],
    [caller('user', [], [AGENT]), 'user:one', false],
    [caller('api_key'), 'api_key:one', false],
    [caller('anonymous'), 'anonymous:one', false],
  ];
  for (const [who, subject, expected] of cases) {
    it(`${who.type}${who.actors.length > 0 ? ' by an agent' : ''} about ${subject}: ${expected}`, () =>
      assert.equal(isOwnSubject(who, subject), expected));
  }
});
