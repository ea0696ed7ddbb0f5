import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';
import { relationsOf, useModel } from '../support/relations-world.js';
import { waitUntil } from '../support/wait-until.js';

type Outcome = 'allow' | 'deny' | 'not_applicable' | 'error';
interface Part {
  readonly engine: 'rbac' | 'abac' | 'rebac';
  readonly outcome: Outcome;
  readonly code: string;
  readonly reason: string;
  readonly explicit?: boolean;
  readonly [detail: string]: unknown;
}
interface Decided {
  readonly allowed: boolean;
  readonly decision: 'allow' | 'deny' | 'error';
  readonly combination: string;
  readonly token: string;
  readonly parts: readonly Part[];
  readonly [member: string]: unknown;
}
type Combination = 'and' | 'or' | 'first_match';

const MODEL = `model
  schema 1.1
type user
type thing
  relations
    define act: [user, user with at_night]
    define only_relations: [user]
condition at_night(hour: int) { hour > 20 }
`;

let org: OrgWorld;
let abac: AbacWorld;

before(async () => {
  org = await createOrgWorld('decision');
  abac = abacOf(org);
});

const send = (json: object, how: Send = { apiKey: org.apiKey }, path = `${org.api}/authz/decide`) =>
  org.http.send('POST', path, { ...how, json });
const decide = async (json: object, how?: Send) => (await send(json, how)).expect(200).json<Decided>();
const partsOf = ({ parts }: Decided) => Object.fromEntries(parts.map(({ engine, outcome }) => [engine, outcome]));
const combine = (decision_combination: Combination, decision_engines = ['abac', 'rebac', 'rbac']) =>
  org.call('PATCH', '/admin/settings/authorization', { decision_combination, decision_engines });

/**
 * The combination by the letter of its documentation (docs/decisions), over what each engine says, whether explicitly, as
 * the parts of an answer tell it.
 */
function reference(combination: Combination, said: readonly (Outcome | 'forbid')[]): Decided['decision'] {
  if (combination === 'first_match') {
    const first = said.find((outcome) => outcome !== 'not_applicable');
    return first === 'allow' || first === 'error' ? first : 'deny';
  }
  if (said.includes('forbid')) return 'deny';
  if (said.includes('error')) return 'error';
  if (combination === 'and' && said.includes('deny')) return 'deny';
  return said.includes('allow') ? 'allow' : 'deny';
}

describe('One decision of roles, policies and relations (contract 3.2)', () => {
  /** What each policy of the org says of an attribute of the resource. */
  const ABAC: Readonly<Record<string, Outcome | 'forbid'>> = { yes: 'allow', no: 'deny', never: 'forbid', 7: 'error' };
  let holder: TestUser;
  let other: TestUser;

  before(async () => {
    await org.addRole('actor', ['thing.act']);
    [holder, other] = [await org.addUser({ roles: ['actor'] }), await org.addUser()];
    const word = (value: string) => ({ subject: 'resource.word', operator: 'equals', value });
    await abac.define('resource', 'word');
    await abac.policy({ name: 'Allowed', resourceType: 'thing', action: 'act', conditions: word('yes') });
    await abac.policy({
      name: 'Forbidden',
      resourceType: 'thing',
      action: 'act',
      effect: 'deny',
      conditions: word('never'),
    });
    await useModel(org, MODEL);
    const { write } = relationsOf(org);
    for (const { id } of [holder, other])
      await write(`thing:related#act@user:${id}`, `thing:one#only_relations@user:${id}`);
  });

  const ask = (person: TestUser, id: string, word: string | number, more: object = {}) =>
    decide({
      user_id: person.id,
      action: 'act',
      resource: { type: 'thing', id, attributes: { word } },
      consistency: 'fully_consistent',
      ...more,
    });

  for (const combination of ['or', 'and', 'first_match'] as const) {
    for (const engines of combination === 'first_match'
      ? [
          ['abac', 'rebac', 'rbac'],
          ['rbac', 'rebac', 'abac'],
          ['rebac', 'abac'],
        ]
      : [['abac', 'rebac', 'rbac'], ['rbac', 'abac'], ['abac']]) {
      it(`${combination} over ${engines.join(', ')}: every mixture of answers, against a plain reference`, async () => {
        await combine(combination, engines);
        for (const person of [holder, other]) {
          for (const id of ['related', 'unrelated']) {
            for (const [word, ofPolicies] of Object.entries(ABAC)) {
              const said = {
                rbac: person === holder ? 'allow' : 'deny',
                rebac: id === 'related' ? 'allow' : 'deny',
                abac: ofPolicies,
              } as const;
              const expected = reference(
                combination,
                engines.map((engine) => said[engine as keyof typeof said]),
              );
              const answer = await ask(person, id, word === '7' ? 7 : word);
              const what = `${person === holder ? 'holder' : 'other'} ${id} ${word}: ${JSON.stringify(answer.parts)}`;
              assert.deepEqual([answer.decision, answer.allowed], [expected, expected === 'allow'], what);
              assert.equal(answer.combination, combination);
              for (const { engine, outcome, explicit } of answer.parts) {
                assert.equal(explicit && outcome === 'deny' ? 'forbid' : outcome, said[engine], what);
              }
              const consulted = answer.parts.map(({ engine }) => engine);
              assert.deepEqual(consulted, combination === 'first_match' ? engines.slice(0, 1) : engines, what);
            }
          }
        }
      });
    }
  }

  it('an engine that the question does not concern does not count', async () => {
    for (const combination of ['or', 'and', 'first_match'] as const) {
      await combine(combination);
      const about = (type: string, action: string) =>
        decide({ user_id: holder.id, action, resource: { type, id: 'one' }, consistency: 'fully_consistent' });
      const nobody = await about('nothing', 'nothing');
      assert.deepEqual(
        [nobody.decision, partsOf(nobody)],
        ['deny', { abac: 'not_applicable', rebac: 'not_applicable', rbac: 'not_applicable' }],
      );
      assert.equal((await about('thing', 'only_relations')).decision, 'allow');
    }
  });

  it('policies that only deny are no list of what is allowed', async () => {
    await combine('and');
    await org.addRole('printer', ['sheet.print']);
    const printer = await org.addUser({ roles: ['printer'] });
    await abac.policy({
      name: 'Not by night',
      resourceType: 'sheet',
      action: 'print',
      effect: 'deny',
      conditions: { subject: 'environment.night', operator: 'equals', value: true },
    });
    const print = (night: boolean) =>
      decide({
        user_id: printer.id,
        action: 'print',
        resource: { type: 'sheet', id: 's' },
        context: { environment: { night } },
      });
    assert.deepEqual([(await print(false)).decision, (await print(true)).decision], ['allow', 'deny']);
  });

  it('the permission of a type goes before the one of the action alone', async () => {
    await combine('or', ['rbac']);
    await org.addRole('archivist', ['archive', 'box:archive']);
    await org.addRole('junior', ['archive']);
    const [senior, junior] = [await org.addUser({ roles: ['archivist'] }), await org.addUser({ roles: ['junior'] })];
    const may = async (person: TestUser, type: string) =>
      (await decide({ user_id: person.id, action: 'archive', resource: { type, id: 'x' } })).allowed;
    assert.deepEqual(
      [await may(senior, 'box'), await may(junior, 'box'), await may(junior, 'crate')],
      [true, false, true],
    );
  });

  it('what relations cannot decide is an error that names the place, and no allow', async () => {
    await combine('or');
    const { send: relation } = relationsOf(org);
    await relation('POST', 'tuples', {
      writes: [
        { object: 'thing:night', relation: 'act', subject: `user:${other.id}`, condition: { name: 'at_night' } },
      ],
    });
    const at = (context?: object) =>
      ask(other, 'night', 'no', { ...(context && { context: { environment: context } }) });
    const undecided = await at();
    assert.deepEqual([undecided.allowed, undecided.decision], [false, 'error']);
    const [failed] = undecided.parts.filter(({ engine }) => engine === 'rebac');
    assert.deepEqual([failed?.outcome, failed?.code], ['error', 'condition_failed']);
    assert.match(failed?.reason ?? '', /hour/);
    assert.equal((await at({ hour: 22 })).decision, 'allow');
    assert.equal((await at({ hour: 3 })).decision, 'deny');
    const answer = await org.http.send('POST', `${org.api}/access/v1/evaluation`, {
      apiKey: org.apiKey,
      json: {
        subject: { type: 'user', id: other.id },
        action: { name: 'act' },
        resource: { type: 'thing', id: 'night' },
      },
    });
    const { decision, context } = answer
      .expect(200)
      .json<{ decision: boolean; context: { error: { code: string } } }>();
    assert.deepEqual([decision, context.error.code], [false, 'condition_failed']);
  });

  it('text that would read as a userset or as everybody is no subject', async () => {
    for (const id of ['*', `${other.id}#friend`]) {
      const answer = await decide({
        subject: { type: 'user', id },
        action: 'only_relations',
        resource: { type: 'thing', id: 'one' },
      });
      assert.deepEqual([answer.allowed, partsOf(answer).rebac], [false, 'error'], id);
    }
  });

  it('explains: the role, the policies and the tuples that decided', async () => {
    await combine('or');
    const { parts, evaluationContext } = await ask(holder, 'related', 'yes', { explain: true });
    const of = (engine: string) => parts.find((part) => part.engine === engine);
    assert.deepEqual([of('rbac')?.permission, of('rbac')?.source], ['thing.act', 'role:actor']);
    assert.equal((of('abac')?.matchedPolicies as readonly { name: string }[] | undefined)?.[0]?.name, 'Allowed');
    assert.match(JSON.stringify(of('rebac')?.explanation), new RegExp(`thing:related#act@user:${holder.id}`));
    assert.equal((evaluationContext as { resource: { word: string } }).resource.word, 'yes');
  });
});

describe('A decision is as new as it is asked to be', () => {
  it('a token of an answer is accepted, in its org only, and not where it is no token', async () => {
    const question = { user_id: 'x', action: 'act', resource: { type: 'thing', id: 'one' } };
    const { token } = await decide(question);
    await decide({ ...question, consistency: { at_least_as_fresh: token } });
    await decide({ ...question, consistency: 'minimize_latency' });
    const relation = await relationsOf(org).send('POST', 'check', {
      object: 'thing:one',
      relation: 'act',
      subject: 'user:x',
      consistency: { at_least_as_fresh: token },
    });
    relation.expect(200);
    for (const consistency of [{ at_least_as_fresh: 'nonsense' }, { at_exact_snapshot: token }, 'eventually'])
      (await send({ ...question, consistency })).expect(400);
    const stranger = await createOrgWorld('decision-other');
    const foreign = await stranger.http.send('POST', `${stranger.api}/authz/decide`, {
      apiKey: stranger.apiKey,
      json: { ...question, consistency: { at_least_as_fresh: token } },
    });
    assert.equal(foreign.expect(400).json().code, 'consistency_token_invalid');
  });

  it('asked with the token of a write, it knows the write', async () => {
    await combine('or', ['rebac']);
    const { write, remove } = relationsOf(org);
    for (let i = 0; i < 20; i++) {
      const question = { user_id: 'fresh', action: 'only_relations', resource: { type: 'thing', id: `f${i}` } };
      const given = await write(`thing:f${i}#only_relations@user:fresh`);
      assert.equal((await decide({ ...question, consistency: { at_least_as_fresh: given } })).allowed, true);
      const taken = await remove(`thing:f${i}#only_relations@user:fresh`);
      assert.equal((await decide({ ...question, consistency: { at_least_as_fresh: taken } })).allowed, false);
    }
  });
});

describe('Who may ask for a decision', () => {
  let person: TestUser;
  let bearer = '';
  before(async () => {
    await combine('or');
    person = await org.addUser({ roles: ['actor'] });
    const app = await org.addClient({ scopes: ['openid'] });
    bearer = (await org.tokensOf(person, app, 'openid')).access_token;
  });
  const question = { action: 'act', resource: { type: 'thing', id: 'x' } };

  it('a person about itself, at both places', async () => {
    const own = await decide(question, { bearer });
    assert.deepEqual([own.allowed, own.user_id], [true, person.id]);
    assert.ok(own.parts.every((part) => !('matchedPolicies' in part) && !('source' in part)));
    const root = await send(question, { bearer }, '/api/v1/authz/decide');
    assert.equal(root.expect(200).json().allowed, true);
  });

  it('a person not about others, and not why', async () => {
    (await send({ ...question, user_id: 'somebody' }, { bearer })).expect(403);
    (await send({ ...question, explain: true }, { bearer })).expect(403);
  });

  it('a key about others only: it holds nothing itself', async () => {
    assert.equal((await send(question)).expect(400).json().code, 'MISSING_SUBJECT');
  });

  it('an agent that acts for a person reaches no further than it was granted, in no engine', async () => {
    const { delegate } = await delegated(person);
    const covered = await decide(question, { bearer: await delegate('thing.act') });
    assert.deepEqual([covered.allowed, covered.user_id], [true, person.id]);
    const beyond = await decide(question, { bearer: await delegate('document.read') });
    assert.deepEqual([beyond.allowed, beyond.parts[0]?.code], [false, 'not_delegated']);
    const policies = await abac.call(
      'POST',
      'check',
      { resourceType: 'thing', action: 'act', context: { resource: { word: 'yes' } } },
      200,
      {
        bearer: await delegate('document.read'),
      },
    );
    assert.equal(policies.json().allowed, false);
  });

  /** An agent with tokens of a person, limited to one scope each. */
  async function delegated(owner: TestUser) {
    const agent = await org.addAgent(['delegate:on_behalf', 'thing.act', 'document.read']);
    const app = await org.addClient({ scopes: ['openid', 'thing.act', 'document.read'] });
    const { access_token: subject } = await org.tokensOf(owner, app, 'openid thing.act document.read');
    const actor = await org.agentToken(agent);
    const delegate = async (scope: string) =>
      (
        await org.oauth.grant({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: subject,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          actor_token: actor,
          actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          scope,
        })
      ).access_token;
    return { delegate };
  }
});

describe('Settings of decisions', () => {
  it('are read and changed, part by part, under both spellings', async () => {
    const settings = async () => (await org.call('GET', '/admin/settings/authorization')).json<{ data: object }>().data;
    await org.call('PUT', '/admin/settings/authorization', {
      decision_combination: 'and',
      decision_engines: ['rbac'],
      time_zone: 'UTC',
    });
    assert.deepEqual(await settings(), { decision_combination: 'and', decision_engines: ['rbac'], time_zone: 'UTC' });
    await org.call('PATCH', '/admin/settings/authorization', { decisionCombination: 'or', timezone: 'Asia/Tokyo' });
    assert.deepEqual(await settings(), {
      decision_combination: 'or',
      decision_engines: ['rbac'],
      time_zone: 'Asia/Tokyo',
    });
    for (const wrong of [
      { decision_combination: 'xor' },
      { decision_engines: [] },
      { decision_engines: ['rbac', 'rbac'] },
      { time_zone: 'Moon' },
      { surprise: 1 },
    ])
      await org.call('PATCH', '/admin/settings/authorization', wrong, 400);
  });

  it('the hour of a policy is that of the time zone', async () => {
    await abac.policy({
      name: 'Zone',
      resourceType: 'clock',
      action: 'read',
      conditions: { subject: 'environment.date', operator: 'exists' },
    });
    const seen = async (time_zone: string) => {
      await org.call('PATCH', '/admin/settings/authorization', { time_zone });
      const answer = await abac.call('POST', 'check', { resourceType: 'clock', action: 'read', user_id: 'x' });
      return answer.json<{ evaluationContext: { environment: { hour: number } } }>().evaluationContext.environment.hour;
    };
    const [tokyo, utc] = [await seen('Asia/Tokyo'), await seen('UTC')];
    const ahead = (tokyo - utc + 24) % 24;
    assert.ok(ahead === 9 || ahead === 10 || ahead === 8, `${tokyo} ${utc}`);
  });
});

describe('Dry runs', () => {
  before(() => combine('or'));

  it('tell which answers would change, of questions that were asked', async () => {
    await abac.policy({
      name: 'Readers',
      resourceType: 'scroll',
      action: 'read',
      conditions: { subject: 'user.id', operator: 'in', value: ['r1', 'r2'] },
    });
    const ask = (id: string) =>
      abac.may({
        resourceType: 'scroll',
        action: 'read',
        user_id: id,
        context: { environment: { password: 'hunter2-secret', place: 'here' } },
      });
    assert.deepEqual([await ask('r1'), await ask('r2'), await ask('r3')], [true, true, false]);
    const put = [
      {
        id: 'readers',
        resourceType: 'scroll',
        action: 'read',
        effect: 'allow',
        conditions: { subject: 'user.id', operator: 'in', value: ['r2', 'r3'] },
      },
    ];
    const answer = await waitUntil(
      async () => {
        const dry = await org.call('POST', '/authz/dry-run', { policies: { put } });
        return dry.json<{ changed: readonly unknown[] }>().changed.length > 0 && dry;
      },
      { what: 'a recorded question' },
    );
    assert.ok(!answer.text.includes('hunter2-secret'), 'nothing that looks like a secret is kept');
    const { changed } = answer.json<{
      changed: readonly {
        question: { subject: { id: string }; context: object };
        before: string;
        after: string;
        partial: boolean;
      }[];
    }>();
    assert.deepEqual(
      changed.map(({ question, before, after, partial }) => [question.subject.id, before, after, partial]).sort(),
      [
        ['r1', 'allow', 'none', true],
        ['r3', 'none', 'allow', true],
      ],
    );
    assert.deepEqual(changed[0]?.question.context, { environment: { place: 'here' } });
    assert.deepEqual([await ask('r1'), await ask('r3')], [true, false], 'nothing was changed');
  });

  it('also of questions that are given, and of policies that would be gone', async () => {
    const questions = ['r1', 'r9'].map((id) => ({ subject: { id }, resource: { type: 'scroll' }, action: 'read' }));
    const dry = await org.call('POST', '/authz/dry-run', { policies: { remove: ['readers'] }, questions });
    const { tried, changed } = dry.json<{
      tried: number;
      changed: readonly { before: string; after: string; decidedBy: readonly unknown[] }[];
    }>();
    assert.deepEqual(
      [tried, changed.map(({ before, after, decidedBy }) => [before, after, decidedBy])],
      [2, [['allow', 'none', []]]],
    );
  });

  it('a change that could not be made is refused', async () => {
    await org.call('POST', '/authz/dry-run', { policies: { put: [{ effect: 'maybe' }] } }, 400);
    await org.call(
      'POST',
      '/authz/dry-run',
      { policies: { put: [{ resourceType: 'x', action: 'y', effect: 'deny', conditions: [{ subject: 'x' }] }] } },
      400,
    );
  });

  it('one policy is tried, with what each of its conditions comes to', async () => {
    const id = await abac.policy({
      name: 'Two conditions',
      resourceType: 'vault',
      action: 'open',
      effect: 'deny',
      conditions: {
        all: [
          { attribute: 'user.id', operator: 'equals', value: 'u' },
          { attribute: 'resource.level', operator: 'greater_than', value: 3 },
        ],
      },
    });
    const test = async (body: object) =>
      (await abac.call('POST', `policies/${id}/test`, body)).json<{
        matched: boolean;
        decision: string;
        trace: { conditions: readonly { result: unknown }[] };
      }>();
    const hit = await test({ user_id: 'u', resource: { attributes: { level: 5 } } });
    assert.deepEqual(
      [hit.matched, hit.decision, hit.trace.conditions.map(({ result }) => result)],
      [true, 'deny', [true, true]],
    );
    const miss = await test({ user_id: 'v', resource: { attributes: { level: 5 } } });
    assert.deepEqual(
      [miss.decision, miss.trace.conditions.map(({ result }) => result)],
      ['not_applicable', [false, true]],
    );
    const broken = await test({ user_id: 'u', resource: { attributes: { level: 'high' } } });
    assert.equal(broken.decision, 'error');
    assert.equal((await test({ resourceType: 'door', user_id: 'u' })).decision, 'not_applicable');
  });
});
