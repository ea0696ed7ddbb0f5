import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listPermissions } from './effective-permissions.js';
import { partialGraph, smallGraph } from './graph.fixture.js';
import { askAboutCaller, type Caller, decide, mayAskAboutOthers, type Question } from './question.js';

const caller = (type: string, id: string, scopes: readonly string[] = [], actors: readonly unknown[] = []): Caller => ({
  type,
  id,
  scopes,
  actors,
});

function own(of: Caller): Question {
  const question = askAboutCaller(of);
  assert.ok(question.ok);
  return question.value;
}

const AGENT = { type: 'agent', id: 'agt_9' };

describe('decide: a question about the caller', () => {
  const cases: readonly [string, Caller, string, boolean][] = [
    ['a person has what the roles say', caller('user', 'alice'), 'document.edit', true],
    ['scopes of a person’s token add nothing', caller('user', 'bob', ['document.edit']), 'document.edit', false],
    ['scopes of a person’s token take nothing', caller('user', 'alice', ['openid']), 'document.edit', true],
    ['delegated: scope and permission', caller('user', 'alice', ['document.edit'], [AGENT]), 'document.edit', true],
    [
      'delegated: permission without scope',
      caller('user', 'alice', ['document.view'], [AGENT]),
      'document.edit',
      false,
    ],
    ['delegated: scope without permission', caller('user', 'bob', ['document.edit'], [AGENT]), 'document.edit', false],
    ['delegated by an administrator: only the scopes', caller('user', 'root', [], [AGENT]), 'document.edit', false],
    ['an agent has what was assigned', caller('agent', 'agt_1'), 'document.view', true],
    ['an agent has its capabilities', caller('agent', 'agt_1', ['tool:search']), 'tool:search', true],
    ['an agent has nothing else', caller('agent', 'agt_1', ['tool:search']), 'document.edit', false],
    ['agent for agent: only what the token carries', caller('agent', 'agt_1', [], [AGENT]), 'document.view', false],
    ['a client has its scopes', caller('client', 'cli_1', ['document.view']), 'document.view', true],
    ['a client has nothing else', caller('client', 'cli_1', ['openid']), 'document.view', false],
  ];
  for (const [title, who, slug, expected] of cases) {
    it(title, () => assert.equal(decide(smallGraph(), own(who), slug), expected));
  }

  it('an API key holds nothing itself', () => {
    assert.deepEqual(askAboutCaller(caller('api_key', 'key_1', ['admin:write'])), { ok: false, error: 'no_subject' });
  });

  it('a needed scope that is missing decides before anything is loaded', () => {
    const question = own(caller('user', 'alice', [], [AGENT]));
    assert.equal(decide(partialGraph(), question, 'document.edit'), false);
    assert.equal(decide(partialGraph(), own(caller('user', 'alice')), 'document.edit'), 'unknown');
  });
});

describe('listPermissions', () => {
  it('names the source: direct, then the role', () => {
    assert.deepEqual(listPermissions(smallGraph(), own(caller('user', 'alice'))), [
      { id: 1, slug: 'document.edit', name: 'Edit', description: 'Change documents', source: 'role:Editor' },
      { id: 3, slug: 'document.publish', name: 'Publish', description: null, source: 'direct' },
      { id: 2, slug: 'document.view', name: 'View', description: null, source: 'role:Editor' },
    ]);
  });

  it('lists the capabilities of an agent beside what was assigned', () => {
    assert.deepEqual(listPermissions(smallGraph(), own(caller('agent', 'agt_1', ['tool:search', 'document.view']))), [
      { id: 2, slug: 'document.view', name: 'View', description: null, source: 'role:Viewer' },
      { slug: 'tool:search', name: 'tool:search', description: null, source: 'capability' },
    ]);
  });

  const callers = [
    caller('user', 'root'),
    caller('user', 'alice', ['document.edit', 'tool:x'], [AGENT]),
    caller('user', 'nobody'),
    caller('agent', 'agt_1', ['tool:x', 'document.edit']),
    caller('agent', 'agt_1', ['tool:x', 'document.view'], [AGENT]),
    caller('client', 'cli_1', ['document.edit']),
  ];
  for (const who of callers) {
    it(`lists exactly what a check allows: ${who.type} ${who.id}, ${who.actors.length} actors`, () => {
      const graph = smallGraph();
      const slugs = ['document.edit', 'document.view', 'document.publish', 'authz.check', 'tool:x', 'unknown'];
      const listed = listPermissions(graph, own(who));
      assert.ok(listed !== 'unknown');
      const allowed = slugs.filter((slug) => decide(graph, own(who), slug) === true);
      assert.deepEqual(listed.map(({ slug }) => slug).sort(), allowed.sort());
    });
  }
});

describe('mayAskAboutOthers (contract 1.4)', () => {
  const cases: readonly [string, Caller, boolean][] = [
    ['a person without the permission', caller('user', 'alice'), false],
    ['a person with the permission', caller('user', 'oracle'), true],
    ['an administrator', caller('user', 'root'), true],
    ['a token with the scope', caller('user', 'alice', ['authz:check']), true],
    ['a delegated token of a person with the permission', caller('user', 'oracle', ['document.edit'], [AGENT]), false],
    ['a delegated token with the permission in scope', caller('user', 'oracle', ['authz.check'], [AGENT]), true],
    ['an agent', caller('agent', 'agt_1', ['document.view']), false],
    ['an agent with the capability', caller('agent', 'agt_1', ['authz.check']), true],
    ['an API key that reads everything', caller('api_key', 'key_1', ['admin:read']), true],
    ['an API key for roles', caller('api_key', 'key_1', ['admin:roles']), true],
    ['an API key for checks', caller('api_key', 'key_1', ['authz:check']), true],
    ['an API key for something else', caller('api_key', 'key_1', ['admin:webhooks']), false],
    ['nobody', caller('anonymous', ''), false],
  ];
  for (const [title, who, expected] of cases) {
    it(`${title}: ${expected ? 'yes' : 'no'}`, () => assert.equal(mayAskAboutOthers(smallGraph(), who), expected));
  }
});
