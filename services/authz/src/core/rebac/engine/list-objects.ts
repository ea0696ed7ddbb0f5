import { err, ok, type Result } from '@lumo/kit';
import type { ListObjectsQuestion, ObjectList, Sliced } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import type { Checker } from './check.js';
import { Inquiry, type Sources, type Subject } from './inquiry.js';
import { NONE } from './records.js';
import { reversePlan } from './reverse-plan.js';
import { ReverseWalk } from './reverse-walk.js';
import { SlicedSort } from './sliced-sort.js';
import { NO, YES } from './verdict.js';

/**
 * Exactly the objects that `check` allows, or a failure: never a part. Candidates come from the subject upwards; where an
 * intersection, an exclusion or an undecided condition lies on the way, each is checked.
 */
export function* listObjects(
  sources: Sources,
  question: ListObjectsQuestion,
): Sliced<Result<ObjectList, RelationFailure>> {
  const { checker } = sources;
  const opened = Inquiry.open(sources, question);
  if (!opened.ok) return opened;
  const inquiry = opened.value;
  const type = inquiry.plan.type(question.type);
  if (type === NONE) return err({ reason: 'type_not_found', type: question.type });
  const relation = inquiry.relation(type, question.relation);
  if (!relation.ok) return relation;
  const subject = inquiry.subject(question.subject);
  if (!subject.ok) return subject;
  if (!subject.value.plan.canReach(relation.value)) return ok({ objects: [], more: false });

  const plan = reversePlan(subject.value.plan, new Set([relation.value]));
  const walk = new ReverseWalk(inquiry, plan, relation.value, subject.value);
  const failure = yield* walk.run();
  if (failure) return err(failure);
  const prefix = `${question.type}:`;
  // All of one type: to compare ids is enough.
  const after = question.after?.startsWith(prefix) ? question.after.slice(prefix.length) : question.after;
  const { sorted, toCheck } = yield* named(inquiry, walk, relation.value, after);
  const objects: string[] = [];
  for (let id = sorted.next(); id !== undefined; id = sorted.next()) {
    if (objects.length % NAMES === NAMES - 1) yield;
    const entity = toCheck.get(id);
    if (entity !== undefined) {
      const verdict = yield* checked(inquiry, checker, subject.value, entity, relation.value);
      if (verdict === NO) continue;
      if (verdict !== YES) return err(checker.reason());
    }
    if (objects.length === question.limit) return ok({ objects, more: true });
    objects.push(prefix + id);
  }
  return ok({ objects, more: false });
}

/** What was found, by id: in order, and which of them must be checked. */
function* named(
  inquiry: Inquiry,
  walk: ReverseWalk,
  relation: number,
  after: string | undefined,
): Sliced<{ readonly sorted: SlicedSort; readonly toCheck: ReadonlyMap<string, number> }> {
  const ids: string[] = [];
  const toCheck = new Map<string, number>();
  let count = 0;
  for (const entity of new Set(walk.found)) {
    if (++count % NAMES === 0) yield;
    const id = inquiry.numbering.idText(entity);
    if (after !== undefined && id <= after) continue;
    ids.push(id);
    if (!walk.isSure(entity, relation)) toCheck.set(id, entity);
  }
  const sorted = new SlicedSort();
  yield* sorted.sort(ids);
  return { sorted, toCheck };
}

/** One check of many: gives others their turn once enough nodes were visited. */
function* checked(inquiry: Inquiry, checker: Checker, subject: Subject, entity: number, relation: number) {
  if (inquiry.isSliceOver()) yield;
  return checker.check(inquiry, subject, entity, relation);
}

/** Names read in one slice. */
const NAMES = 1024;
