import { type DomainError, httpStatus, isDomainError } from '@lumo/kit';
import type { Decision, EnginePart } from '../../app/decision/decide.js';
import type { ManyDecision } from '../../app/decision/decide-access.js';
import { viewPart } from '../decision/decision-view.js';

interface Viewer {
  /** Names the reason within its response (AuthZEN 1.0, reason object). */
  readonly id: string;
  /** May see why: `reason_admin` (contract 3.6). */
  readonly seesReasons: boolean;
}

/** One answer; what cannot be decided is a denial that says so. */
export function viewAnswer(answer: ManyDecision, viewer: Viewer): object {
  if (isDomainError(answer)) return { decision: false, context: { error: errorOf(answer) } };
  if (answer.outcome === 'allow') return { decision: true };
  const context = {
    ...(viewer.seesReasons && { id: viewer.id, reason_admin: { en: reasonOf(answer) } }),
    ...(answer.outcome === 'error' && { error: failureOf(answer) }),
  };
  return { decision: false, ...(Object.keys(context).length > 0 && { context }) };
}

function reasonOf({ parts }: Decision): string {
  const said = parts.filter(({ outcome }) => outcome !== 'not_applicable');
  const told = said.length > 0 ? said : parts;
  return told.map((part) => `${part.engine}: ${viewPart(part, { details: true }).reason}`).join(' ');
}

/** What is wrong with the question is told to everybody; what is wrong with a policy, to those who may see policies. */
function failureOf({ parts }: Decision): object {
  const failure = parts.map(failureIn).find((found) => found !== undefined);
  return failure ? errorOf(failure) : { status: 500, message: 'A policy about this could not be evaluated.' };
}

function failureIn(part: EnginePart): DomainError | undefined {
  return part.engine === 'rebac' ? part.relations.failure : undefined;
}

function errorOf({ kind, code, message }: DomainError): object {
  return { status: httpStatus(kind), code, message };
}
