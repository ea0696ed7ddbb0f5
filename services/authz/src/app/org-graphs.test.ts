import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uuidv7 } from '@lumo/kit';
import { askAboutSubject, decide } from '../core/rbac/question.js';
import type { RbacGraph } from '../core/rbac/rbac-graph.js';
import type { Subject } from '../core/subject.js';
import type { EngineName } from '../ports.js';
import { FakeGraphSource, gate } from './graph-source.fixture.js';
import { createOrgGraphs, type Freshness } from './org-graphs.js';

const user = (id: string): Subject => ({ type: 'user', id });
const BOB = user('bob');

function setUp(options: { readonly maxSubjects?: number; readonly maxBytes?: number } = {}) {
  const org = { id: uuidv7(), slug: 'acme' };
  const source = new FakeGraphSource(org.id);
  const time = { now: 10_000 };
  const graphs = createOrgGraphs({ source, elapsedMs: () => time.now, ...options });
  const has = (subject: Subject, slug: string, freshness?: Freshness) =>
    graphs.ask(org, [subject], (graph: RbacGraph) => decide(graph, askAboutSubject(subject), slug), freshness);
  const commit = (revision: number) =>
    graphs.committed({ orgId: org.id, revision, touched: new Set<EngineName>(['roles']), relations: [] });
  return { org, source, time, graphs, has, commit };
}

/** Lets everything that does not wait for a gate run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe('OrgGraphs: decisions from memory', () => {
  it('loads once, and answers at once from then on', async () => {
    const { source, has } = setUp();
    assert.equal(await has(BOB, 'document.view'), true);
    assert.equal(has(BOB, 'document.edit'), false);
    assert.equal(has(user('nobody'), 'document.edit'), false);
    assert.deepEqual(source.calls, { load: 1, changesSince: 0, holdings: 0, readFeed: 1 });
  });

  it('loads once for everybody who waits', async () => {
    const { source, has } = setUp();
    const held = gate();
    source.held.load = held.passed;
    const answers = Promise.all(Array.from({ length: 20 }, () => has(BOB, 'document.view')));
    await settle();
    held.open();
    assert.deepEqual(new Set(await answers), new Set([true]));
    assert.equal(source.calls.load, 1);
  });

  it('tells everybody who waits of a failure, keeps nothing of it, and tries again', async () => {
    const { source, has } = setUp();
    source.broken.add('load');
    await assert.rejects(async () => has(BOB, 'document.view'), /load failed/);
    source.broken.clear();
    assert.equal(await has(BOB, 'document.view'), true);
  });
});

describe('OrgGraphs: changes of this process', () => {
  it('knows them from the moment they are committed, with one small reading', async () => {
    const { source, has, commit } = setUp();
    await has(BOB, 'document.edit');
    commit(source.setRoles(BOB, ['rol_editor']));
    assert.equal(await has(BOB, 'document.edit'), true);
    assert.deepEqual([source.calls.load, source.calls.changesSince], [1, 1]);
    assert.equal(has(BOB, 'document.edit'), true);
  });

  it('does not take a load that began before the change for the state after it', async () => {
    const { source, has, commit } = setUp();
    const held = gate();
    source.held.load = held.passed;
    const before = has(BOB, 'document.edit');
    await settle();
    assert.equal(source.calls.load, 1);
    commit(source.setRoles(BOB, ['rol_editor']));
    const after = has(BOB, 'document.edit');
    held.open();
    await before;
    assert.equal(await after, true);
  });

  it('reads everything anew where it is not known whether a change was committed', async () => {
    const { org, source, graphs, has } = setUp();
    await has(BOB, 'document.edit');
    source.setRoles(BOB, ['rol_editor']);
    graphs.uncertain(org.id);
    assert.equal(await has(BOB, 'document.edit'), true);
    graphs.uncertain(org.id);
    assert.equal(await has(BOB, 'document.edit'), true);
    assert.equal(has(BOB, 'document.edit'), true);
  });

  it('does not let an uncertain reading hide a change that was committed while it went on', async () => {
    const { org, source, graphs, has, commit } = setUp();
    await has(BOB, 'document.edit');
    const held = gate();
    graphs.uncertain(org.id);
    source.held.load = held.passed;
    source.held.changesSince = undefined;
    const waiting = has(BOB, 'document.edit');
    await settle();
    assert.equal(source.calls.load, 2);
    commit(source.setRoles(BOB, ['rol_editor']));
    const after = has(BOB, 'document.edit');
    held.open();
    await waiting;
    assert.equal(await after, true);
  });

  it('reads everything where the steps are no longer kept', async () => {
    const { source, has, commit } = setUp();
    await has(BOB, 'document.edit');
    const revision = source.setRoles(BOB, ['rol_editor']);
    source.prune();
    commit(revision);
    assert.equal(await has(BOB, 'document.edit'), true);
    assert.equal(source.calls.load, 2);
  });

  it('answers a question although changes keep coming', async () => {
    const { source, has, commit } = setUp();
    await has(BOB, 'document.edit');
    commit(source.setRoles(BOB, ['rol_editor']));
    const held = gate();
    source.held.changesSince = held.passed;
    const answer = has(BOB, 'document.edit');
    await settle();
    commit(source.setRoles(BOB, ['rol_viewer']));
    source.held.changesSince = gate().passed;
    held.open();
    assert.equal(await answer, true);
  });
});

describe('OrgGraphs: changes of other processes', () => {
  it('knows them a second later', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.edit');
    source.setRoles(BOB, ['rol_editor']);
    time.now += 1_001;
    assert.equal(await has(BOB, 'document.edit'), true);
    assert.equal(source.calls.load, 1);
  });

  it('looks for them in the background before that', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.edit');
    source.setRoles(BOB, ['rol_editor']);
    time.now += 400;
    has(BOB, 'document.edit');
    await settle();
    assert.equal(await has(BOB, 'document.edit'), true);
  });

  it('knows them at once where the question wants to know what is now', async () => {
    const { source, has } = setUp();
    await has(BOB, 'document.edit');
    source.setRoles(BOB, ['rol_editor']);
    assert.equal(await has(BOB, 'document.edit', 'now'), true);
  });

  it('does not count a reading that began before the question', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.edit');
    const held = gate();
    source.held.readFeed = held.passed;
    time.now += 400;
    has(BOB, 'document.edit');
    await settle();
    time.now += 1;
    source.setRoles(BOB, ['rol_editor']);
    const now = has(BOB, 'document.edit', 'now');
    source.held.readFeed = undefined;
    held.open();
    assert.equal(await now, true);
  });

  it('refuses instead of answering from the past where the database is away', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.view');
    source.broken.add('readFeed');
    time.now += 900;
    assert.equal(await has(BOB, 'document.view'), true);
    time.now += 200;
    await assert.rejects(async () => has(BOB, 'document.view'), /readFeed failed/);
    source.broken.clear();
    assert.equal(await has(BOB, 'document.view'), true);
  });

  it('reads everything anew where the database went back in time', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.view');
    source.setRoles(BOB, ['rol_editor']);
    time.now += 1_001;
    await has(BOB, 'document.view');
    source.restore();
    source.setRoles(BOB, []);
    time.now += 1_001;
    assert.equal(await has(BOB, 'document.view'), false);
    assert.equal(source.calls.load, 2);
  });

  it('costs nothing while nobody asks', async () => {
    const { source, time, has } = setUp();
    await has(BOB, 'document.view');
    time.now += 60_000;
    await settle();
    assert.equal(source.calls.readFeed, 1);
  });
});

describe('OrgGraphs: organizations with very many subjects', () => {
  const many = { maxSubjects: 3 };

  it('loads a subject when it is asked about, once', async () => {
    const { source, has } = setUp(many);
    assert.equal(await has(BOB, 'document.view'), true);
    assert.equal(await has(user('nobody'), 'document.view'), false);
    assert.equal(has(BOB, 'document.view'), true);
    assert.equal(has(user('nobody'), 'document.view'), false);
    assert.deepEqual([source.calls.load, source.calls.holdings], [1, 2]);
  });

  it('loads all that are asked about at the same time together', async () => {
    const { source, has } = setUp(many);
    const held = gate();
    source.held.load = held.passed;
    const answers = Promise.all(['alice', 'bob', 'root'].map((id) => has(user(id), 'document.view')));
    await settle();
    held.open();
    assert.deepEqual(await answers, [true, true, true]);
    assert.ok(source.calls.holdings <= 2);
  });

  it('puts a change between the reading of a subject and the graph in its place', async () => {
    const { source, has, commit } = setUp(many);
    await has(user('alice'), 'document.view');
    const held = gate();
    source.held.holdings = held.passed;
    // The subject is read one revision after the graph, and the steps are read one revision after the subject.
    source.setRoles(BOB, ['rol_editor']);
    const answer = has(BOB, 'document.edit');
    await settle();
    const revision = source.setRoles(BOB, []);
    held.open();
    assert.equal(await answer, false);
    commit(revision);
    assert.equal(has(BOB, 'document.edit'), false);
  });

  it('keeps at most as many subjects as it may', async () => {
    const { source, has } = setUp(many);
    for (const id of ['alice', 'bob', 'root', 'oracle', 'x', 'y']) await has(user(id), 'document.view');
    assert.equal(await has(user('alice'), 'document.view'), true);
    assert.equal(source.calls.holdings, 7);
  });
});

describe('OrgGraphs: bounded memory', () => {
  it('lets go of the organization that was not asked about for longest', async () => {
    const source = new FakeGraphSource('any');
    const time = { now: 0 };
    // Room for two graphs of about 5 KB in the part for small organizations.
    const graphs = createOrgGraphs({ source, elapsedMs: () => time.now, maxBytes: 16_000 });
    const ask = async (id: string) => {
      time.now += 1_001;
      const org = { id, slug: id };
      return graphs.ask(org, [BOB], (graph) => decide(graph, askAboutSubject(BOB), 'document.view'));
    };
    for (const org of ['a', 'b', 'a', 'c', 'a', 'b']) assert.equal(await ask(org), true);
    // a, b, then c in place of b, then b again.
    assert.equal(source.calls.load, 4);
  });
});
