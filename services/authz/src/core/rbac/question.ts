import { err, ok, type Result } from '@lumo/kit';
import { isSubjectType, type Subject } from '../subject.js';
import type { RbacGraph } from './rbac-graph.js';

/** Who calls, as far as a decision depends on it (a principal of the request context fits). */
export interface Caller {
  readonly type: string;
  readonly id: string;
  /** OAuth scopes of the token, capabilities of an agent's token, or scopes of an API key. */
  readonly scopes: readonly string[];
  /** The agents that act for the caller. */
  readonly actors: readonly unknown[];
}

/**
 * About whom permissions are asked, and how the token in hand bears on the answer.
 * A delegated token was made by intersecting what the user granted with what every agent of the chain can do, so what
 * its scopes lack, one of the agents lacks: it needs the scope *and* the user's permission of this moment.
 * The token of an agent or client may carry the permission itself, as a capability or scope.
 */
export interface Question {
  readonly subject: Subject;
  readonly scopes: readonly string[];
  readonly scopeIsNeeded: boolean;
  readonly scopeSuffices: boolean;
}

/** A question about the caller; 'no_subject' for callers that hold no permissions themselves, such as API keys. */
export function askAboutCaller(caller: Caller): Result<Question, 'no_subject'> {
  if (!isSubjectType(caller.type)) return err('no_subject');
  return ok({
    subject: { type: caller.type, id: caller.id },
    scopes: caller.scopes,
    scopeIsNeeded: caller.actors.length > 0,
    scopeSuffices: caller.type !== 'user',
  });
}

/** A question about anybody, as the stored roles and permissions have it; the token in hand plays no part. */
export function askAboutSubject(subject: Subject): Question {
  return { subject, scopes: [], scopeIsNeeded: false, scopeSuffices: false };
}

export function isAboutCaller(caller: Caller, subject: Subject): boolean {
  return caller.type === subject.type && caller.id === subject.id;
}

/** `unknown`: the graph has not loaded the subject yet. */
export type Decision = boolean | 'unknown';

export function decide(graph: RbacGraph, question: Question, permission: string): Decision {
  const inScope = question.scopes.includes(permission);
  if (question.scopeIsNeeded && !inScope) return false;
  if (question.scopeSuffices && inScope) return true;
  const standing = graph.standing(question.subject);
  if (standing === 'unknown') return 'unknown';
  return standing !== 'nothing' && graph.holds(standing, permission);
}

const ORACLE_PERMISSION = 'authz.check';
const ORACLE_SCOPE = 'authz:check';
/** API keys that can read every role and member by the admin API learn nothing new from a check. */
const ORACLE_KEY_SCOPES: readonly string[] = [ORACLE_SCOPE, 'admin', 'admin:read', 'admin:write', 'admin:roles'];

/** Whether the caller may ask what somebody else may do (contract 1.4, "oracle" privilege). */
export function mayAskAboutOthers(graph: RbacGraph, caller: Caller): Decision {
  if (caller.type === 'api_key') return caller.scopes.some((scope) => ORACLE_KEY_SCOPES.includes(scope));
  const own = askAboutCaller(caller);
  if (!own.ok) return false;
  return caller.scopes.includes(ORACLE_SCOPE) || decide(graph, own.value, ORACLE_PERMISSION);
}
