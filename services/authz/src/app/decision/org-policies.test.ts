import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uuidv7 } from '@lumo/kit';
import { ALWAYS } from '../../core/abac/condition.js';
import { DEFAULT_DECISION_SETTINGS } from '../../core/decision/combination.js';
import type { AttributeOwner, PolicySource } from '../../policy-ports.js';
import type { EngineName, OrgMarks } from '../../ports.js';
import { gate } from '../graph-source.fixture.js';
import type { Freshness } from '../org-graphs.js';
import type { FeedFollower, RevisionFeed } from '../revision-feed.js';
import { createOrgPolicies } from './org-policies.js';

const BOB: AttributeOwner = { kind: 'user', type: 'user', id: 'bob' };
const ANN: AttributeOwner = { kind: 'user', type: 'user', id: 'ann' };

/** A database of one organization: one policy whose name is its version, and attributes that say at which revision they are. */
function setUp(options: { readonly maxBytes?: number } = {}) {
  const org = { id: uuidv7(), slug: 'acme' };
  const state = { revision: 10, at: 10, version: 1 };
  const calls = { load: 0, marks: 0, attributes: 0, renew: 0, reach: 0 };
  const held: { attributes?: Promise<void>; load?: Promise<void> } = {};
  const followers: FeedFollower[] = [];
  const feed: RevisionFeed = {
    coveredUntilMs: Number.POSITIVE_INFINITY,
    covers: () => true,
    reach: async () => void calls.reach++,
    renew: async () => void calls.renew++,
    follow: (follower) => void followers.push(follower),
  };
  const source: Pick<PolicySource, 'loadPolicies' | 'policyMarks' | 'readAttributes'> = {
    async loadPolicies() {
      calls.load++;
      const { version, ...marks } = { ...state };
      await held.load;
      const name = `v${version}`;
      return {
        ...marks,
        version,
        settings: DEFAULT_DECISION_SETTINGS,
        policies: [
          {
            id: 'p',
            slug: 'p',
            name,
            resourceType: '*',
            action: '*',
            effect: 'allow',
            priority: 1,
            conditions: ALWAYS,
          },
        ],
        definitions: [],
      };
    },
    async policyMarks() {
      calls.marks++;
      return { ...state };
    },
    async readAttributes(owners) {
      calls.attributes++;
      const snapshot = { ...state };
      await held.attributes;
      return { ...snapshot, owners: owners.map(() => ({ facts: {}, values: { at: snapshot.at } })) };
    },
  };
  const policies = createOrgPolicies({ source: source as PolicySource, feed, ...options });
  const ask = async (owners: readonly AttributeOwner[] = [BOB], freshness?: Freshness, of = org) => {
    const { set, stored, revision } = await policies.read(of, () => owners, freshness);
    const { holding } = set.decide({
      resourceType: 'x',
      action: 'y',
      scopes: { user: {}, resource: {}, environment: {}, action: {} },
    });
    return { policy: holding[0]?.name, at: stored.map(({ values }) => values.at), revision };
  };
  const move = (kind: 'policies' | 'values') => {
    state.revision++;
    state.at = state.revision;
    if (kind === 'policies') state.version++;
  };
  const commit = () =>
    policies.committed({
      orgId: org.id,
      revision: state.revision,
      touched: new Set<EngineName>(['policies']),
      relations: [],
    });
  const announce = (marks: Partial<OrgMarks> = {}) => {
    const all = { orgId: org.id, revision: state.revision, roles: 0, relations: 0, policies: state.at, ...marks };
    for (const follower of followers) follower.changed(all);
  };
  return { org, state, calls, held, followers, policies, ask, move, commit, announce };
}

/** Lets everything that does not wait for a gate run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe('OrgPolicies: policies and attributes from memory', () => {
  it('reads once, and nothing from then on', async () => {
    const { ask, calls } = setUp();
    assert.deepEqual(await ask(), { policy: 'v1', at: [10], revision: 10 });
    assert.deepEqual(await ask(), { policy: 'v1', at: [10], revision: 10 });
    assert.deepEqual([calls.load, calls.attributes, calls.marks], [1, 1, 0]);
  });

  it('compiles once for everybody who waits', async () => {
    const { ask, calls, held } = setUp();
    const load = gate();
    held.load = load.passed;
    const answers = Promise.all(Array.from({ length: 20 }, () => ask([])));
    await settle();
    load.open();
    await answers;
    assert.equal(calls.load, 1);
  });

  it('a new value is read, and nothing is compiled again', async () => {
    const { ask, calls, move, commit } = setUp();
    await ask();
    move('values');
    commit();
    assert.deepEqual((await ask()).at, [11]);
    assert.deepEqual([calls.load, calls.marks], [1, 1]);
  });

  it('new policies are compiled, and their attributes read again', async () => {
    const { ask, calls, move, commit } = setUp();
    await ask();
    move('policies');
    commit();
    assert.deepEqual(await ask(), { policy: 'v2', at: [11], revision: 11 });
    assert.equal(calls.load, 2);
  });

  it('a change of another process counts from its announcement; one of other engines changes nothing', async () => {
    const { ask, calls, move, announce, state } = setUp();
    await ask();
    announce({ revision: ++state.revision, policies: 10 });
    assert.deepEqual(await ask(), { policy: 'v1', at: [10], revision: 11 });
    assert.equal(calls.load + calls.marks + calls.attributes, 2);
    move('policies');
    announce();
    assert.equal((await ask()).policy, 'v2');
  });

  it('attributes of one answer are never older than its policies, and never newer', async () => {
    const { ask, held, move, commit } = setUp();
    await ask([BOB]);
    const slow = gate();
    held.attributes = slow.passed;
    // Reads Ann at revision 10; before the answer comes, policies and attributes change together.
    const asked = ask([ANN]);
    await settle();
    move('policies');
    commit();
    const other = ask([]);
    await settle();
    assert.equal((await other).policy, 'v2');
    slow.open();
    assert.deepEqual(await asked, { policy: 'v2', at: [11], revision: 11 });
  });

  it('attributes that are newer than the policies bring newer policies', async () => {
    const { ask, move } = setUp();
    await ask([BOB]);
    move('policies');
    assert.deepEqual(await ask([ANN]), { policy: 'v2', at: [11], revision: 11 });
  });

  it('attributes of two at once are of one revision', async () => {
    const { ask, move, commit } = setUp();
    await ask([BOB]);
    move('values');
    commit();
    assert.deepEqual((await ask([BOB, ANN])).at, [11, 11]);
  });

  it('asked for now, it reads where the organization is before anything else', async () => {
    const { ask, calls } = setUp();
    await ask([], 'now');
    assert.deepEqual([calls.renew, calls.marks >= 1], [1, true]);
  });

  it('a commit that may have happened is found out', async () => {
    const { ask, policies, org, move } = setUp();
    await ask();
    move('policies');
    policies.uncertain(org.id);
    assert.equal((await ask()).policy, 'v2');
  });

  it('a database that went back in time is read anew', async () => {
    const { ask, followers, state } = setUp();
    await ask();
    Object.assign(state, { revision: 5, at: 5, version: 0 });
    for (const follower of followers) follower.lost();
    assert.deepEqual(await ask(), { policy: 'v0', at: [5], revision: 5 });
  });

  it('holds no more than its budget: who was not asked about for longest goes', async () => {
    const { ask, calls } = setUp({ maxBytes: 40_000 });
    const orgs = Array.from({ length: 30 }, (_, i) => ({ id: uuidv7(), slug: `org-${i}` }));
    for (const org of orgs) await ask([BOB], undefined, org);
    assert.equal(calls.load, 30);
    await ask([BOB], undefined, orgs[29]);
    assert.equal(calls.load, 30, 'the last one is there');
    await ask([BOB], undefined, orgs[0]);
    assert.equal(calls.load, 31, 'the first one had to go');
  });
});
