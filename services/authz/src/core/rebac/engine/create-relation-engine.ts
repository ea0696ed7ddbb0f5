import { err, ok, type Result } from '@lumo/kit';
import type {
  CheckQuestion,
  ExpandQuestion,
  Explanation,
  ListObjectsQuestion,
  ListSubjectsQuestion,
  ObjectList,
  RelationEngine,
  Sliced,
  SubjectList,
  UsersetTree,
} from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import type { TupleChange, TupleKey } from '../tuple.js';
import { Checker } from './check.js';
import { expand } from './expand.js';
import { explain } from './explain.js';
import { Inquiry, type Sources } from './inquiry.js';
import { listObjects } from './list-objects.js';
import { listSubjects } from './list-subjects.js';
import { Memberships } from './memberships.js';
import { Plans } from './plans.js';
import { Rewound } from './rewound.js';
import { type BrokenSnapshot, loadTuples, saveTuples } from './snapshot.js';
import { TupleStore } from './tuple-store.js';
import { CUT, FAILED, YES } from './verdict.js';

/** An engine without tuples, at revision 0. */
export function createRelationEngine(): RelationEngine {
  return new MemoryEngine(new TupleStore(), 0);
}

/** An engine from what `save` gave. A file that is broken, cut off or of another version is refused. */
export function loadRelationEngine(bytes: Uint8Array): Result<RelationEngine, BrokenSnapshot> {
  const loaded = loadTuples(bytes);
  return loaded.ok ? ok(new MemoryEngine(loaded.value.store, loaded.value.revision)) : loaded;
}

class MemoryEngine implements RelationEngine {
  private readonly memberships: Memberships;
  private readonly sources: Sources;

  constructor(
    private readonly store: TupleStore,
    public revision: number,
  ) {
    this.memberships = new Memberships(store);
    this.sources = {
      store,
      plans: new Plans(),
      rewound: new Rewound(store),
      checker: new Checker(this.memberships),
    };
  }

  get tupleCount(): number {
    return this.store.count;
  }

  get byteSize(): number {
    return this.store.byteSize + this.memberships.byteSize;
  }

  apply({ revision, writes, deletes }: TupleChange): void {
    if (revision <= this.revision) return;
    for (const key of deletes) this.store.remove(key);
    for (const tuple of writes) this.store.add(tuple);
    this.revision = revision;
  }

  advance(revision: number): void {
    if (revision > this.revision) this.revision = revision;
  }

  check(question: CheckQuestion): Result<boolean, RelationFailure> {
    const inquiry = Inquiry.open(this.sources, question);
    if (!inquiry.ok) return inquiry;
    const object = inquiry.value.object(question.object);
    if (!object.ok) return object;
    const relation = inquiry.value.relation(inquiry.value.view.typeOf(object.value), question.relation);
    if (!relation.ok) return relation;
    const subject = inquiry.value.subject(question.subject);
    if (!subject.ok) return subject;
    const verdict = this.sources.checker.check(inquiry.value, subject.value, object.value, relation.value);
    return verdict === FAILED || verdict === CUT ? err(this.sources.checker.reason()) : ok(verdict === YES);
  }

  listObjects(question: ListObjectsQuestion): Sliced<Result<ObjectList, RelationFailure>> {
    return listObjects(this.sources, question);
  }

  listSubjects(question: ListSubjectsQuestion): Sliced<Result<SubjectList, RelationFailure>> {
    return listSubjects(this.sources, question);
  }

  expand(question: ExpandQuestion): Result<UsersetTree, RelationFailure> {
    return expand(this.sources, question);
  }

  explain(question: CheckQuestion): Result<Explanation, RelationFailure> {
    return explain(this.sources, question);
  }

  has(key: TupleKey): boolean {
    return this.store.has(key);
  }

  save(): Iterable<Uint8Array> {
    return saveTuples(this.store, this.revision);
  }
}
