import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Asking, Budget, RelationEngine } from '../relation-engine.js';
import type { RelationTuple } from '../tuple.js';
import { createRelationEngine, loadRelationEngine } from './create-relation-engine.js';
import { AMPLE, finish, modelOf } from './suite.fixture.js';

const MODEL = `
model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, group#member]
type folder
  relations
    define parent: [folder]
    define viewer: [user, user:*, group#member] or viewer from parent
type document
  relations
    define parent: [folder]
    define owner: [user]
    define editor: [user, group#member] or owner
    define viewer: [user, user:*, group#member, user with on_call] or editor or viewer from parent
    define banned: [user, user:*, group#member]
    define reader: viewer but not banned
    define approved: [user]
    define signer: editor and approved
condition on_call(hour: int) {
  hour < 8
}`;

const model = compiled(MODEL);
const asking: Asking = { model, budget: AMPLE };

describe('check', () => {
  it('follows tuples, computed relations, parents and groups', () => {
    const engine = engineOf(
      'document:1#parent@folder:a',
      'folder:a#parent@folder:b',
      'folder:b#viewer@group:g#member',
      'group:g#member@group:h#member',
      'group:h#member@user:anne',
      'document:1#owner@user:bob',
    );
    assert.equal(allowed(engine, 'document:1#viewer@user:anne'), true);
    assert.equal(allowed(engine, 'document:1#viewer@user:bob'), true);
    assert.equal(allowed(engine, 'document:1#editor@user:anne'), false);
    assert.equal(allowed(engine, 'document:1#viewer@group:h#member'), true);
    assert.equal(allowed(engine, 'document:2#viewer@user:anne'), false);
  });

  it('says that a userset has its own relation, also of an object that nothing is known of', () => {
    const engine = createRelationEngine();
    assert.equal(allowed(engine, 'group:g#member@group:g#member'), true);
    assert.equal(allowed(engine, 'document:1#viewer@document:1#editor'), true);
    assert.equal(allowed(engine, 'document:1#editor@document:1#viewer'), false);
    assert.equal(allowed(engine, 'group:g#member@group:h#member'), false);
  });

  it('takes everybody as everybody of that type, and in exclusions too (hard case 10)', () => {
    const engine = engineOf(
      'document:1#viewer@user:*',
      'document:1#banned@user:eve',
      'document:2#viewer@user:*',
      'document:2#banned@user:*',
    );
    assert.equal(allowed(engine, 'document:1#reader@user:anne'), true);
    assert.equal(allowed(engine, 'document:1#reader@user:eve'), false);
    assert.equal(allowed(engine, 'document:1#reader@user:*'), true);
    assert.equal(allowed(engine, 'document:2#reader@user:anne'), false);
    assert.equal(allowed(engine, 'document:1#reader@group:g#member'), false);
  });

  it('keeps ids apart that differ by case, by Unicode form or by what looks like a separator (hard cases 5, 31)', () => {
    const engine = engineOf(
      'document:1#viewer@user:Anne',
      'document:1#viewer@user:é',
      'document:1#viewer@user:a|b',
      'document:1#viewer@user:\u{1f600}',
    );
    for (const text of ['user:Anne', 'user:é', 'user:a|b', 'user:\u{1f600}'])
      assert.equal(allowed(engine, `document:1#viewer@${text}`), true, text);
    for (const text of ['user:anne', 'user:e\u0301', 'user:a', 'user:b', 'user:\u{1f601}', 'user:Ann', 'user:Anne2'])
      assert.equal(allowed(engine, `document:1#viewer@${text}`), false, text);
    assert.equal(allowed(engine, 'document:1#viewer@group:Anne#member'), false);
  });

  it('finds no end in a cycle and no allow either, from wherever it starts (hard case 3)', () => {
    const engine = engineOf(
      'group:a#member@group:b#member',
      'group:b#member@group:c#member',
      'group:c#member@group:a#member',
      'group:b#member@user:anne',
    );
    const groups = ['a', 'b', 'c', 'a'];
    for (const group of groups) assert.equal(allowed(engine, `group:${group}#member@user:bob`), false);
    for (const group of groups) assert.equal(allowed(engine, `group:${group}#member@user:anne`), true);
    engine.apply({ revision: 2, writes: [], deletes: [tuple('group:b#member@user:anne')] });
    for (const group of groups) assert.equal(allowed(engine, `group:${group}#member@user:anne`), false);
  });

  it('fails where a condition that decides cannot be evaluated, and nowhere else (hard case 18)', () => {
    const engine = engineOf({ ...tuple('document:1#viewer@user:anne'), condition: { name: 'on_call' } });
    const failed = engine.check({ ...asking, ...tuple('document:1#viewer@user:anne') });
    assert.deepEqual(!failed.ok && { ...failed.error, detail: '' }, {
      reason: 'condition_failed',
      condition: 'on_call',
      tuple: 'document:1#viewer@user:anne',
      detail: '',
      missingParameters: ['hour'],
    });
    const at = (hour: number) =>
      engine.check({ ...asking, context: { hour }, ...tuple('document:1#viewer@user:anne') });
    assert.deepEqual(at(7), { ok: true, value: true });
    assert.deepEqual(at(9), { ok: true, value: false });
    assert.equal(allowed(engine, 'document:1#viewer@user:bob'), false);
    engine.apply({ revision: 2, writes: [tuple('document:1#owner@user:anne')], deletes: [] });
    assert.equal(allowed(engine, 'document:1#viewer@user:anne'), true);
  });

  it('answers by the model asked: tuples that it does not allow do not count (hard cases 8, 30)', () => {
    const narrow = compiled(MODEL.replace('define banned: [user, user:*, group#member]', 'define banned: [user]'));
    const engine = engineOf('document:1#viewer@user:anne', 'document:1#banned@user:*');
    assert.equal(allowed(engine, 'document:1#reader@user:anne'), false);
    const answer = engine.check({ ...asking, model: narrow, ...tuple('document:1#reader@user:anne') });
    assert.deepEqual(answer, { ok: true, value: true });
  });

  const refused = [
    ['document#viewer@user:anne', 'malformed'],
    ['document:#viewer@user:anne', 'malformed'],
    ['document:*#viewer@user:anne', 'malformed'],
    ['document:a b#viewer@user:anne', 'malformed'],
    ['document:1#viewer@anne', 'malformed'],
    ['document:1#viewer@user:a:b', 'malformed'],
    ['document:1#viewer@user:\u0007', 'malformed'],
    ['document:1#viewer@user:\u2028', 'malformed'],
    ['document:1#viewer@user:*#member', 'malformed'],
    ['document:1#viewer@group:g#', 'malformed'],
    ['document:1#viewer@group:gg#', 'malformed'],
    ['paper:1#viewer@user:anne', 'type_not_found'],
    ['document:1#viewer@robot:1', 'type_not_found'],
    ['document:1#admin@user:anne', 'relation_not_found'],
    ['document:1#viewer@group:g#boss', 'relation_not_found'],
  ] as const;
  for (const [text, reason] of refused)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const answer = createRelationEngine().check({ ...asking, ...tuple(text) });
      assert.equal(!answer.ok && answer.error.reason, reason);
    });
});

describe('recursion through an intersection (hard case 2)', () => {
  const recursive = compiled(`model
  schema 1.1
type user
type doc
  relations
    define p: [user]
    define q: [user]
    define ok: [user]
    define a: ([doc#b] or (p and q)) and ok
    define b: ([doc#root] or a) and ok
    define root: a and b`);
  const ask = (engine: RelationEngine, text: string) => engine.check({ ...asking, model: recursive, ...tuple(text) });

  it('is the least fixed point, also where what is found late decides what was looked at early', () => {
    const tuples = ['doc:1#p@user:anne', 'doc:1#q@user:anne', 'doc:1#ok@user:anne', 'doc:1#a@doc:1#b'];
    for (const relation of ['root', 'b', 'a'])
      assert.deepEqual(ask(engineOf(...tuples), `doc:1#${relation}@user:anne`), { ok: true, value: true }, relation);
    for (const left of tuples.slice(0, 3)) {
      const engine = engineOf(...tuples.filter((text) => text !== left));
      for (const relation of ['root', 'b', 'a'])
        assert.deepEqual(ask(engine, `doc:1#${relation}@user:anne`), { ok: true, value: false }, relation);
    }
  });

  it('nobody is in it who is only in it because of being in it', () => {
    const engine = engineOf('doc:1#a@doc:1#b', 'doc:1#b@doc:1#root', 'doc:1#ok@user:anne', 'doc:1#p@user:anne');
    for (const relation of ['root', 'a', 'b', 'root'])
      assert.deepEqual(ask(engine, `doc:1#${relation}@user:anne`), { ok: true, value: false });
  });

  it('over 3 000 objects, one inside the other, is more than is followed: a failure and not a deny', () => {
    const chain = Array.from({ length: 3000 }, (_, at) => [
      `doc:${at}#a@doc:${at + 1}#b`,
      `doc:${at}#ok@user:anne`,
    ]).flat();
    const answer = ask(engineOf(...chain), 'doc:0#a@user:anne');
    assert.deepEqual(answer, { ok: false, error: { reason: 'over_budget', budget: 'depth', limit: 200 } });
  });
});

describe('budgets (hard case 32)', () => {
  const chain = Array.from({ length: 200_000 }, (_, at) => `folder:${at}#parent@folder:${at + 1}`);
  const deep = engineOf(...chain.slice(0, 3), 'folder:200000#viewer@user:anne');
  deep.apply({ revision: 2, writes: chain.slice(3).map(tuple), deletes: [] });

  it('a chain of 200 000 folders is followed to its end', () => {
    const answer = deep.check({
      ...asking,
      budget: { ...AMPLE, nodes: 10_000_000 },
      ...tuple('folder:0#viewer@user:anne'),
    });
    assert.deepEqual(answer, { ok: true, value: true });
  });

  it('out of nodes is a failure and not a deny', () => {
    const answer = deep.check({ ...asking, budget: { ...AMPLE, nodes: 5000 }, ...tuple('folder:0#viewer@user:anne') });
    assert.deepEqual(answer, { ok: false, error: { reason: 'over_budget', budget: 'nodes', limit: 5000 } });
  });

  it('out of time is a failure and not a deny, noticed soon', () => {
    let asked = 0;
    const budget: Budget = { nodes: 1_000_000, isOver: () => ++asked > 3, timeMs: 50 };
    const answer = deep.check({ ...asking, budget, ...tuple('folder:0#viewer@user:anne') });
    assert.deepEqual(answer, { ok: false, error: { reason: 'over_budget', budget: 'time', limit: 50 } });
    const few: Budget = { nodes: 1_000_000, isOver: () => true, timeMs: 50 };
    assert.deepEqual(deep.check({ ...asking, budget: few, ...tuple('folder:199990#viewer@user:bob') }), {
      ok: true,
      value: false,
    });
  });

  it('depth counts hops, and a shorter way is not hidden by a longer one that was tried first', () => {
    const engine = engineOf(
      'folder:0#parent@folder:10',
      ...chain.slice(0, 30),
      'folder:10#viewer@user:anne',
      'folder:30#viewer@user:bob',
    );
    const limited = (text: string, depth: number) =>
      engine.check({ ...asking, budget: { ...AMPLE, depth }, ...tuple(text) });
    assert.deepEqual(limited('folder:0#viewer@user:anne', 1), { ok: true, value: true });
    assert.deepEqual(limited('folder:0#viewer@user:bob', 21), { ok: true, value: true });
    const over = { ok: false, error: { reason: 'over_budget', budget: 'depth', limit: 20 } };
    assert.deepEqual(limited('folder:0#viewer@user:bob', 20), over);
    assert.deepEqual(limited('folder:25#viewer@user:anne', 5), { ok: true, value: false });
  });

  it('depth counts hops inside groups that are known already', () => {
    const groups = Array.from({ length: 10 }, (_, at) => `group:${at}#member@group:${at + 1}#member`);
    const engine = engineOf(...groups, 'group:10#member@user:anne', 'document:1#viewer@group:0#member');
    for (const depth of [10, 11, 10, 11]) {
      const answer = engine.check({ ...asking, budget: { ...AMPLE, depth }, ...tuple('document:1#viewer@user:anne') });
      assert.equal(answer.ok, depth === 11);
    }
  });

  it('lists fail as a whole', () => {
    const question = { ...asking, budget: { ...AMPLE, nodes: 5000 }, limit: 10 };
    const objects = finish(deep.listObjects({ ...question, type: 'folder', relation: 'viewer', subject: 'user:anne' }));
    const subjects = finish(
      deep.listSubjects({ ...question, object: 'folder:0', relation: 'viewer', filters: [{ type: 'user' }] }),
    );
    for (const list of [objects, subjects])
      assert.deepEqual(list, { ok: false, error: { reason: 'over_budget', budget: 'nodes', limit: 5000 } });
  });

  it('lists are sliced: others get their turn', () => {
    const question = {
      ...asking,
      budget: { ...AMPLE, nodes: 10_000_000 },
      type: 'folder',
      relation: 'viewer',
      limit: 10,
    };
    let slices = 0;
    for (const list = deep.listObjects({ ...question, subject: 'user:anne' }); !list.next().done; ) slices++;
    assert.ok(slices > 50, `${slices} slices`);
  });
});

describe('many', () => {
  it('an object shared with 10 000 groups is decided by the few groups of the subject', () => {
    const groups = Array.from({ length: 10_000 }, (_, at) => `document:1#viewer@group:${at}#member`);
    const engine = engineOf(...groups, 'group:7777#member@user:anne', 'group:x#member@user:bob');
    const budget = { ...AMPLE, nodes: 100 };
    const ask = (user: string) => engine.check({ ...asking, budget, ...tuple(`document:1#viewer@user:${user}`) });
    assert.deepEqual(ask('anne'), { ok: true, value: true });
    assert.deepEqual(ask('bob'), { ok: true, value: false });
    assert.deepEqual(ask('carl'), { ok: true, value: false });
  });

  it('a subject in more groups than are kept is searched for', () => {
    const groups = Array.from({ length: 5000 }, (_, at) => `group:${at}#member@user:anne`);
    const engine = engineOf(...groups, 'group:top#member@group:4999#member', 'document:1#viewer@group:top#member');
    assert.equal(allowed(engine, 'document:1#viewer@user:anne'), true);
    assert.equal(allowed(engine, 'document:1#editor@user:anne'), false);
  });

  for (const count of [99, 100, 101, 1000])
    it(`${count} groups, each of which matters (hard case 33)`, () => {
      const members = Array.from({ length: count }, (_, at) => `group:${at}#member@user:${at}`);
      const shares = Array.from({ length: count }, (_, at) => `document:1#viewer@group:${at}#member`);
      const engine = engineOf(...members, ...shares);
      for (let at = 0; at < count; at++) assert.equal(allowed(engine, `document:1#viewer@user:${at}`), true);
      const list = finish(
        engine.listSubjects({
          ...asking,
          object: 'document:1',
          relation: 'viewer',
          filters: [{ type: 'user' }],
          limit: 2000,
        }),
      );
      assert.equal(list.ok && list.value.subjects.length, count);
    });
});

describe('list of subjects', () => {
  it('tells who is left out of everybody, and pages through', () => {
    const engine = engineOf(
      'document:1#viewer@user:*',
      'document:1#viewer@user:anne',
      'document:1#banned@user:eve',
      'document:1#banned@group:bad#member',
      'group:bad#member@user:mallory',
    );
    const question = { ...asking, object: 'document:1', relation: 'reader', filters: [{ type: 'user' }] };
    const whole = finish(engine.listSubjects({ ...question, limit: 10 }));
    const expected = { subjects: ['user:*', 'user:anne'], excluded: ['user:eve', 'user:mallory'], more: false };
    assert.deepEqual(whole, { ok: true, value: expected });
    const first = finish(engine.listSubjects({ ...question, limit: 1 }));
    assert.deepEqual(first.ok && first.value, { ...expected, subjects: ['user:*'], more: true });
    const second = finish(engine.listSubjects({ ...question, limit: 1, after: 'user:*' }));
    assert.deepEqual(second.ok && second.value, { subjects: ['user:anne'], excluded: [], more: false });
  });
});

describe('explanations', () => {
  const engine = engineOf(
    'document:1#parent@folder:a',
    'folder:a#viewer@group:g#member',
    'group:g#member@user:anne',
    'document:1#editor@user:bob',
    'document:1#banned@user:anne',
  );

  it('of an allow: the tuples on the way', () => {
    const explained = engine.explain({ ...asking, ...tuple('document:1#viewer@user:anne') });
    assert.deepEqual(explained.ok && explained.value, {
      question: 'document:1#viewer@user:anne',
      allowed: true,
      via: 'parent',
      tuple: tuple('document:1#parent@folder:a'),
      children: [
        {
          question: 'folder:a#viewer@user:anne',
          allowed: true,
          via: 'userset',
          tuple: tuple('folder:a#viewer@group:g#member'),
          children: [
            {
              question: 'group:g#member@user:anne',
              allowed: true,
              via: 'tuple',
              tuple: tuple('group:g#member@user:anne'),
            },
          ],
        },
      ],
    });
  });

  it('of a deny: what is missing, or who excludes', () => {
    const missing = JSON.stringify(engine.explain({ ...asking, ...tuple('document:1#signer@user:bob') }));
    assert.match(missing, /"missing":"the tuple document:1#approved@user:bob"/);
    const excluded = JSON.stringify(engine.explain({ ...asking, ...tuple('document:1#reader@user:anne') }));
    assert.match(excluded, /not to be among those who are excluded.*document:1.*banned.*user:anne/);
  });

  it('is short where there is much', () => {
    const groups = Array.from({ length: 3000 }, (_, at) => `document:9#viewer@group:${at}#member`);
    const chain = Array.from({ length: 3000 }, (_, at) => `folder:${at}#parent@folder:${at + 1}`);
    const large = engineOf(...groups, ...chain, 'folder:3000#viewer@user:anne');
    for (const text of ['document:9#viewer@user:anne', 'folder:0#viewer@user:anne', 'folder:0#viewer@user:bob']) {
      const explained = large.explain({ ...asking, ...tuple(text) });
      assert.ok(explained.ok);
      const json = JSON.stringify(explained.value);
      assert.ok(json.length < 100_000, `${text}: ${json.length}`);
      assert.match(json, /"truncated":true/);
    }
  });
});

describe('expansion', () => {
  it('is one level of the written definition, with whom tuples name', () => {
    const engine = engineOf(
      'document:1#viewer@user:*',
      'document:1#viewer@group:g#member',
      { ...tuple('document:1#viewer@user:anne'), condition: { name: 'on_call' } },
      'document:1#parent@folder:a',
    );
    const name = 'document:1#viewer';
    assert.deepEqual(engine.expand({ ...asking, object: 'document:1', relation: 'viewer' }), {
      ok: true,
      value: {
        name,
        union: [
          { name, leaf: { users: ['group:g#member', 'user:*', 'user:anne'] } },
          { name, leaf: { computed: 'document:1#editor' } },
          { name, leaf: { tupleset: 'document:1#parent', computed: ['folder:a#viewer'] } },
        ],
      },
    });
  });
});

describe('changes', () => {
  it('count once, in order; an old one is passed over', () => {
    const engine = engineOf('document:1#owner@user:anne');
    engine.apply({ revision: 1, writes: [tuple('document:1#owner@user:bob')], deletes: [] });
    assert.equal(engine.tupleCount, 1);
    engine.apply({
      revision: 5,
      writes: [tuple('document:1#owner@user:bob')],
      deletes: [tuple('document:1#owner@user:anne')],
    });
    assert.deepEqual([engine.revision, engine.tupleCount], [5, 1]);
    engine.advance(4);
    assert.equal(engine.revision, 5);
    engine.advance(9);
    assert.equal(engine.revision, 9);
    assert.equal(engine.has(tuple('document:1#owner@user:bob')), true);
    assert.equal(engine.has(tuple('document:1#owner@user:anne')), false);
  });

  it('leave nothing behind: ten times as many tuples in turn take the room of one', () => {
    const engine = createRelationEngine();
    let revision = 0;
    const turn = (round: number) => {
      const writes = Array.from({ length: 2000 }, (_, at) => ({
        ...tuple(`document:${round}-${at}#viewer@user:${round}-${at % 50}`),
        condition: { name: 'on_call', context: { hour: at % 10 } },
      }));
      engine.apply({ revision: ++revision, writes, deletes: [] });
      engine.apply({ revision: ++revision, writes: [], deletes: writes });
    };
    turn(100);
    const { byteSize } = engine;
    for (let round = 101; round < 110; round++) turn(round);
    assert.equal(engine.tupleCount, 0);
    assert.equal(engine.byteSize, byteSize);
  });
});

describe('snapshots', () => {
  const engine = engineOf('document:1#owner@user:anne', 'document:1#parent@folder:ä', {
    ...tuple('document:1#viewer@user:carl'),
    condition: { name: 'on_call', context: { hour: 3 } },
  });
  const bytes = Buffer.concat([...engine.save()]);

  it('hold every tuple, its condition and the revision', () => {
    const loaded = loadRelationEngine(bytes);
    assert.ok(loaded.ok);
    assert.deepEqual([loaded.value.revision, loaded.value.tupleCount], [1, 3]);
    assert.equal(allowed(loaded.value, 'document:1#viewer@user:carl'), true);
    assert.equal(allowed(loaded.value, 'document:1#viewer@user:anne'), true);
  });

  it('are of the moment when they were begun', () => {
    const changing = engineOf('document:1#owner@user:anne');
    const parts = changing.save()[Symbol.iterator]();
    const taken = [parts.next().value as Uint8Array];
    changing.apply({
      revision: 2,
      writes: [tuple('document:1#owner@user:bob')],
      deletes: [tuple('document:1#owner@user:anne')],
    });
    for (let part = parts.next(); !part.done; part = parts.next()) taken.push(part.value);
    const loaded = loadRelationEngine(Buffer.concat(taken));
    assert.ok(loaded.ok);
    assert.equal(loaded.value.revision, 1);
    assert.equal(allowed(loaded.value, 'document:1#owner@user:anne'), true);
    assert.equal(allowed(loaded.value, 'document:1#owner@user:bob'), false);
  });

  it('are refused when a bit is wrong, a part is missing or there is more', () => {
    assert.equal(loadRelationEngine(new Uint8Array()).ok, false);
    for (let at = 0; at < bytes.length; at += 13) {
      const broken = Buffer.from(bytes);
      broken[at] = (broken[at] ?? 0) ^ 4;
      assert.equal(loadRelationEngine(broken).ok, false, `byte ${at}`);
    }
    for (const length of [1, 15, 40, bytes.length - 1])
      assert.equal(loadRelationEngine(bytes.subarray(0, length)).ok, false);
    assert.equal(loadRelationEngine(Buffer.concat([bytes, Buffer.from([0])])).ok, false);
  });
});

function compiled(dsl: string) {
  const of = modelOf(dsl.trim());
  if (!of) throw new Error('the model is refused');
  return of;
}

function engineOf(...tuples: readonly (string | RelationTuple)[]): RelationEngine {
  const engine = createRelationEngine();
  const writes = tuples.map((it) => (typeof it === 'string' ? tuple(it) : it));
  engine.apply({ revision: 1, writes, deletes: [] });
  return engine;
}

function allowed(engine: RelationEngine, text: string): boolean {
  const answer = engine.check({ ...asking, ...tuple(text) });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
}

/** From `object#relation@subject`. */
function tuple(text: string): RelationTuple {
  const at = text.indexOf('@');
  const [object = '', relation = ''] = text.slice(0, at).split('#');
  return { object, relation, subject: text.slice(at + 1) };
}
