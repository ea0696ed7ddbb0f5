import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Result } from '@lumo/kit';
import fc from 'fast-check';
import { checkTuple } from '../check-tuple.js';
import type { Asking, RelationEngine } from '../relation-engine.js';
import type { RelationTuple } from '../tuple.js';
import { Checker } from './check.js';
import { createRelationEngine, loadRelationEngine } from './create-relation-engine.js';
import { Inquiry } from './inquiry.js';
import { Memberships } from './memberships.js';
import { Plans } from './plans.js';
import { ALL_RELATIONS, keyText, OBJECTS, SUBJECTS, USERS, type World, world } from './random-world.fixture.js';
import { NONE } from './records.js';
import { type Answer, Reference, typeOf } from './reference.fixture.js';
import { Rewound } from './rewound.js';
import { AMPLE, finish } from './suite.fixture.js';
import { TupleStore } from './tuple-store.js';

/** Every relation of every object for every subject, by a plain reference. */
type Table = ReadonlyMap<string, ReadonlyMap<string, Answer>>;

const RUNS = process.env.LUMO_TEST_LONG === '1' ? 2000 : 30;

describe('any model and any tuples', () => {
  it('check says what the reference says, whatever was asked before', () => {
    property(fc.tuple(world(), fc.integer()), ([it, seed]) => {
      const engine = engineOf(it.tuples);
      const table = tableOf(it, it.tuples);
      for (const [subject, object, relation] of shuffled(everyQuestion(), seed))
        assert.equal(
          asked(engine, it, object, relation, subject),
          table.get(subject)?.get(`${object}#${relation}`) ?? 0,
        );
    });
  });

  it('it does so too where nothing is kept of what groups a subject is in', () => {
    property(world(), (it) => {
      const store = new TupleStore();
      for (const tuple of it.tuples) store.add(tuple);
      const checker = new Checker(new NothingKept(store));
      const sources = { store, plans: new Plans(), rewound: new Rewound(store), checker };
      const table = tableOf(it, it.tuples);
      for (const [subject, object, relation] of everyQuestion()) {
        const inquiry = unwrap(Inquiry.open(sources, asking(it)));
        const entity = unwrap(inquiry.object(object));
        const number = unwrap(inquiry.relation(inquiry.view.typeOf(entity), relation));
        const verdict = checker.check(inquiry, unwrap(inquiry.subject(subject)), entity, number);
        assert.equal(verdict, table.get(subject)?.get(`${object}#${relation}`) ?? 0);
      }
    });
  });

  it('the list of objects is what check allows, and fails where a check fails', () => {
    property(world(), (it) => assertObjects(engineOf(it.tuples), it, tableOf(it, it.tuples)));
  });

  it('the list of subjects is what check allows, and fails where a check fails', () => {
    property(world(), (it) => assertSubjects(engineOf(it.tuples), it, tableOf(it, it.tuples)));
  });

  it('an explanation has the answer of the check and ends', () => {
    property(world(), (it) => {
      const engine = engineOf(it.tuples);
      for (const [subject, object, relation] of everyQuestion()) {
        const question = { ...asking(it), object, relation, subject };
        const checked = engine.check(question);
        const explained = engine.explain(question);
        assert.deepEqual(
          explained.ok ? explained.value.allowed : explained.error,
          checked.ok ? checked.value : checked.error,
        );
      }
    });
  });

  it('contextual tuples mean what stored ones mean, and win over a stored one of the same key', () => {
    property(fc.tuple(world(), fc.nat()), ([it, cut]) => {
      const allowed = it.tuples.filter((tuple) => checkTuple(it.model, tuple).ok);
      const contextualTuples = allowed.filter((_, at) => (cut >> (at % 20)) % 2 === 1);
      const given = new Set(contextualTuples.map(keyText));
      const stored = it.tuples.filter((tuple) => !given.has(keyText(tuple)));
      const shadowed = contextualTuples.slice(0, 3).map(({ condition, ...tuple }) => tuple);
      const table = tableOf(it, it.tuples);
      assertAll(engineOf([...stored, ...shadowed]), { ...it, ...{ contextualTuples } }, table);
    });
  });

  it('changes undone for a question are as if they had not been', () => {
    property(fc.tuple(world(), world()), ([it, { tuples: later }]) => {
      const before = new Map(it.tuples.map((tuple) => [keyText(tuple), tuple]));
      const engine = engineOf(it.tuples);
      const deleted = it.tuples.filter((_, at) => at % 3 === 0);
      const gone = new Set(deleted.map(keyText));
      const kept = it.tuples.filter((tuple) => !gone.has(keyText(tuple)));
      const replaced = later.filter((tuple) => !kept.some((other) => keyText(other) === keyText(tuple)));
      engine.apply({ revision: 2, writes: [], deletes: deleted });
      engine.apply({ revision: 3, writes: replaced, deletes: [] });
      const rewind = { present: deleted, absent: replaced.filter((tuple) => !before.has(keyText(tuple))) };
      assertAll(engine, { ...it, rewind }, tableOf(it, it.tuples));
    });
  });

  it('what was written and deleted in any order is what would be built anew, and takes no more room when all is gone', () => {
    property(fc.tuple(world(), fc.array(fc.nat(), { maxLength: 200, size: 'max' })), ([it, steps]) => {
      const engine = createRelationEngine();
      const present = new Map<string, RelationTuple>();
      let revision = 0;
      for (const step of steps) {
        const tuple = it.tuples[step % it.tuples.length];
        if (!tuple) continue;
        const isThere = present.has(keyText(tuple));
        engine.apply({ revision: ++revision, writes: isThere ? [] : [tuple], deletes: isThere ? [tuple] : [] });
        if (isThere) present.delete(keyText(tuple));
        else present.set(keyText(tuple), tuple);
        assert.equal(engine.tupleCount, present.size);
        // So that what is kept of memberships is of an earlier state.
        for (const subject of USERS) engine.check({ ...asking(it), object: tuple.object, relation: 'a', subject });
      }
      for (const tuple of it.tuples) assert.equal(engine.has(tuple), present.has(keyText(tuple)));
      assertAll(engine, it, tableOf(it, [...present.values()]));
    });
  });

  it('what was saved and loaded answers as before, and goes on', () => {
    property(world(), (it) => {
      const half = it.tuples.slice(0, it.tuples.length / 2);
      const engine = engineOf(half);
      const loaded = loadRelationEngine(Buffer.concat([...engine.save()]));
      assert.ok(loaded.ok);
      assert.equal(loaded.value.revision, 1);
      assert.equal(loaded.value.tupleCount, half.length);
      assertAll(loaded.value, it, tableOf(it, half));
      loaded.value.apply({ revision: 2, writes: it.tuples.slice(half.length), deletes: [] });
      assertAll(loaded.value, it, tableOf(it, it.tuples));
    });
  });

  it('pages of a list are the list', () => {
    property(fc.tuple(world(), fc.integer({ min: 1, max: 2 })), ([it, limit]) => {
      const engine = engineOf(it.tuples);
      for (const subject of SUBJECTS) {
        const question = { ...asking(it), type: 'doc', relation: 'a', subject };
        const whole = finish(engine.listObjects({ ...question, limit: 100 }));
        if (!whole.ok) continue;
        const pages: string[] = [];
        for (let more = true; more; ) {
          const after = pages.at(-1);
          const page = finish(engine.listObjects({ ...question, limit, ...(after !== undefined && { after }) }));
          assert.ok(page.ok);
          pages.push(...page.value.objects);
          more = page.value.more;
        }
        assert.deepEqual(pages, whole.value.objects);
      }
    });
  });
});

class NothingKept extends Memberships {
  override of(): number {
    return NONE;
  }
}

function unwrap<T>(result: Result<T, unknown>): T {
  assert.ok(result.ok);
  return result.value;
}

function property<T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, predicate), { numRuns: RUNS });
}

function engineOf(writes: readonly RelationTuple[]): RelationEngine {
  const engine = createRelationEngine();
  engine.apply({ revision: 1, writes, deletes: [] });
  return engine;
}

type Given = World & Pick<Asking, 'contextualTuples' | 'rewind'>;

function asking({ model, context, contextualTuples, rewind }: Given): Asking {
  return {
    model,
    budget: AMPLE,
    ...(context && { context }),
    ...(contextualTuples && { contextualTuples }),
    ...(rewind && { rewind }),
  };
}

function tableOf({ model, context }: World, tuples: readonly RelationTuple[]): Table {
  const reference = new Reference(model, tuples, context);
  return new Map(SUBJECTS.map((subject) => [subject, reference.answers(subject, OBJECTS)]));
}

function everyQuestion(): readonly (readonly [subject: string, object: string, relation: string])[] {
  return SUBJECTS.flatMap((subject) =>
    OBJECTS.flatMap((object) => ALL_RELATIONS.map((relation) => [subject, object, relation] as const)),
  );
}

function asked(engine: RelationEngine, given: Given, object: string, relation: string, subject: string): Answer {
  const answer = engine.check({ ...asking(given), object, relation, subject });
  if (answer.ok) return answer.value ? 2 : 0;
  assert.equal(answer.error.reason, 'condition_failed');
  return 1;
}

function assertAll(engine: RelationEngine, given: Given, table: Table): void {
  for (const [subject, object, relation] of everyQuestion())
    assert.equal(
      asked(engine, given, object, relation, subject),
      table.get(subject)?.get(`${object}#${relation}`) ?? 0,
      `${object}#${relation}@${subject}`,
    );
  assertObjects(engine, given, table);
  assertSubjects(engine, given, table);
}

function assertObjects(engine: RelationEngine, given: Given, table: Table): void {
  for (const subject of SUBJECTS)
    for (const type of ['group', 'doc'])
      for (const relation of ALL_RELATIONS) {
        const answers = OBJECTS.filter((object) => typeOf(object) === type).map(
          (object) => [object, table.get(subject)?.get(`${object}#${relation}`) ?? 0] as const,
        );
        const list = finish(engine.listObjects({ ...asking(given), type, relation, subject, limit: 100 }));
        const label = `${type}#${relation}@${subject}`;
        assert.equal(list.ok, !answers.some(([, answer]) => answer === 1), label);
        const allowed = answers.flatMap(([object, answer]) => (answer === 2 ? [object] : []));
        if (list.ok) assert.deepEqual(list.value, { objects: allowed, more: false }, label);
      }
}

function assertSubjects(engine: RelationEngine, given: Given, table: Table): void {
  const usersets = SUBJECTS.filter((subject) => subject.includes('#'));
  for (const object of OBJECTS)
    for (const relation of ALL_RELATIONS) {
      const answerFor = (subject: string) => table.get(subject)?.get(`${object}#${relation}`) ?? 0;
      const question = { ...asking(given), object, relation, limit: 100 };
      const people = finish(engine.listSubjects({ ...question, filters: [{ type: 'user' }] }));
      const label = `${object}#${relation}`;
      assert.equal(people.ok, ![...USERS, 'user:*'].some((user) => answerFor(user) === 1), label);
      if (people.ok) {
        const { subjects, excluded } = people.value;
        const everybody = subjects.includes('user:*');
        assert.equal(everybody, answerFor('user:*') === 2, label);
        for (const user of USERS) {
          const isIn = subjects.includes(user) || (everybody && !excluded.includes(user));
          assert.equal(isIn, answerFor(user) === 2, `${label}@${user}`);
        }
        assert.deepEqual(excluded, everybody ? excluded : [], label);
      }
      for (const userset of usersets) {
        const [type = '', name = ''] = userset.split(/:.*#/);
        const list = finish(engine.listSubjects({ ...question, filters: [{ type, relation: name }] }));
        if (list.ok)
          assert.equal(list.value.subjects.includes(userset), answerFor(userset) === 2, `${label}@${userset}`);
        else assert.equal(list.error.reason, 'condition_failed');
        if (answerFor(userset) === 1) assert.equal(list.ok, false);
      }
    }
}

function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  let state = seed | 1;
  return values
    .map((value) => {
      state = Math.imul(state, 0x9e3779b1) ^ (state >>> 15);
      return { value, order: state };
    })
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
