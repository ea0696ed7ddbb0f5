import { err, ok, type Result } from '@lumo/kit';
import type { ListSubjectsQuestion, Sliced, SubjectList } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import type { Checker } from './check.js';
import { ForwardWalk, type Wanted } from './forward-walk.js';
import { Inquiry, type Sources } from './inquiry.js';
import { NONE } from './records.js';
import { SlicedSort } from './sliced-sort.js';
import { NO, type Verdict, YES } from './verdict.js';

/**
 * Exactly the subjects that `check` allows, among those that tuples name, or a failure: never a part. Where everybody of a
 * type has the relation, those whom tuples name and who do not are told as well.
 */
export function* listSubjects(
  sources: Sources,
  question: ListSubjectsQuestion,
): Sliced<Result<SubjectList, RelationFailure>> {
  const opened = Inquiry.open(sources, question);
  if (!opened.ok) return opened;
  const inquiry = opened.value;
  const object = inquiry.object(question.object);
  if (!object.ok) return object;
  const relation = inquiry.relation(inquiry.view.typeOf(object.value), question.relation);
  if (!relation.ok) return relation;
  const wanted: Wanted[] = [];
  for (const filter of question.filters) {
    const type = inquiry.plan.type(filter.type);
    if (type === NONE) return err({ reason: 'type_not_found', type: filter.type });
    const userset = filter.relation === undefined ? ok(NONE) : inquiry.relation(type, filter.relation);
    if (!userset.ok) return userset;
    wanted.push({ type, relation: userset.value });
  }
  return yield* new SubjectListing(inquiry, sources.checker, object.value, relation.value).list(wanted, question);
}

interface Candidate {
  readonly entity: number;
  readonly relation: number;
  readonly isSure: boolean;
}

class SubjectListing {
  private readonly candidates = new Map<string, Candidate>();

  constructor(
    private readonly inquiry: Inquiry,
    private readonly checker: Checker,
    private readonly entity: number,
    private readonly relation: number,
  ) {}

  *list(
    wanted: readonly Wanted[],
    { after, limit }: ListSubjectsQuestion,
  ): Sliced<Result<SubjectList, RelationFailure>> {
    const walk = new ForwardWalk(this.inquiry, wanted);
    const failure = yield* walk.run(this.entity, this.relation);
    if (failure) return err(failure);
    yield* this.read(walk);
    const sorted = new SlicedSort();
    yield* sorted.sort([...this.candidates.keys()].filter((text) => after === undefined || text > after));
    const subjects: string[] = [];
    const excluded: string[] = [];
    for (let text = sorted.next(); text !== undefined; text = sorted.next()) {
      const verdict = yield* this.verdictOf(text);
      if (verdict === NO) continue;
      if (verdict !== YES) return err(this.checker.reason());
      if (subjects.length === limit) return ok({ subjects, excluded, more: true });
      subjects.push(text);
      if (!text.endsWith(':*')) continue;
      const left = yield* this.excludedOf(text.slice(0, -1));
      if (!left) return err(this.checker.reason());
      excluded.push(...left);
    }
    return ok({ subjects, excluded, more: false });
  }

  private *read(walk: ForwardWalk): Sliced<void> {
    const { inquiry } = this;
    let count = 0;
    for (const [key, isSure] of walk.named) {
      const { entity, relation } = ForwardWalk.fromKey(inquiry.plan, key);
      this.candidates.set(inquiry.subjectText(entity, relation), { entity, relation, isSure });
      if (++count % NAMES === 0) yield;
    }
  }

  /** Of a type that everybody has the relation of, who does not; undefined where that cannot be decided. */
  private *excludedOf(prefix: string): Sliced<readonly string[] | undefined> {
    const excluded: string[] = [];
    for (const [text, { relation }] of this.candidates) {
      if (relation !== NONE || !text.startsWith(prefix)) continue;
      const verdict = yield* this.verdictOf(text);
      if (verdict === NO) excluded.push(text);
      else if (verdict !== YES) return undefined;
    }
    return excluded.sort();
  }

  private *verdictOf(text: string): Sliced<Verdict> {
    const candidate = this.candidates.get(text);
    if (!candidate) return NO;
    if (candidate.isSure) return YES;
    const { inquiry } = this;
    if (inquiry.isSliceOver()) yield;
    const { entity, relation } = candidate;
    const isEverybody = relation === NONE && inquiry.numbering.isEverybody(entity);
    return this.checker.check(inquiry, inquiry.subjectOf(entity, relation, isEverybody), this.entity, this.relation);
  }
}

/** Names read in one slice. */
const NAMES = 1024;
