import { err, ok, type Result } from '@lumo/kit';
import type { CheckQuestion, Explanation } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import { explainAllowed } from './explain-allowed.js';
import { explainDenied } from './explain-denied.js';
import { Explaining } from './explaining.js';
import { Inquiry, type Sources } from './inquiry.js';
import { NO, YES } from './verdict.js';

/** Asks first and tells why afterwards, so that the answer is always that of `check`. */
export function explain(sources: Sources, question: CheckQuestion): Result<Explanation, RelationFailure> {
  const { checker } = sources;
  const opened = Inquiry.open(sources, question);
  if (!opened.ok) return opened;
  const inquiry = opened.value;
  const object = inquiry.object(question.object);
  if (!object.ok) return object;
  const relation = inquiry.relation(inquiry.view.typeOf(object.value), question.relation);
  if (!relation.ok) return relation;
  const subject = inquiry.subject(question.subject);
  if (!subject.ok) return subject;
  const verdict = checker.check(inquiry, subject.value, object.value, relation.value);
  if (verdict !== NO && verdict !== YES) return err(checker.reason());
  const explaining = new Explaining(inquiry, checker, subject.value, question.subject);
  const part = { owner: relation.value, rewrite: inquiry.plan.at(relation.value).rewrite };
  const tell = verdict === YES ? explainAllowed : explainDenied;
  return ok(tell(explaining, object.value, part));
}
