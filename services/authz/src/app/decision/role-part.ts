import type { RequestContext } from '@lumo/tenancy';
import type { EngineOutcome } from '../../core/decision/combination.js';
import { permissionNames } from '../../core/decision/permission-names.js';
import { listPermissions } from '../../core/rbac/effective-permissions.js';
import { askAboutCaller, askAboutSubject, decide, type Question } from '../../core/rbac/question.js';
import type { RbacGraph } from '../../core/rbac/rbac-graph.js';
import { isSubjectType, type Subject } from '../../core/subject.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { Freshness } from '../org-graphs.js';
import type { Inquiry } from './decide.js';
import type { QuestionSubject } from './subject-of-question.js';

export interface RoleVerdict {
  readonly outcome: EngineOutcome;
  readonly code: 'permission_held' | 'permission_missing' | 'no_such_permission';
  /** The permission that decided. */
  readonly permission?: string;
  /** `direct`, `role:<name>`, `capability`; where it was asked for. */
  readonly source?: string;
}

const NOT_APPLICABLE: RoleVerdict = { outcome: 'not_applicable', code: 'no_such_permission' };

/** Asks roles: the first permission that exists for the action on the type decides; without one it is not their business. */
export async function askRoles(
  { graphs }: Pick<AuthzDeps, 'graphs'>,
  ctx: RequestContext,
  inquiries: readonly Inquiry[],
  freshness: Freshness,
): Promise<readonly RoleVerdict[]> {
  const questions = inquiries.map(({ subject }) => questionOf(ctx, subject));
  const subjects = new Map<string, Subject>();
  for (const question of questions)
    if (question) subjects.set(`${question.subject.type} ${question.subject.id}`, question.subject);
  return graphs.ask(
    orgOf(ctx),
    [...subjects.values()],
    (graph) => {
      const verdicts: RoleVerdict[] = [];
      for (const [i, inquiry] of inquiries.entries()) {
        const verdict = verdictOf(graph, questions[i], inquiry);
        if (verdict === 'unknown') return 'unknown';
        verdicts.push(verdict);
      }
      return verdicts;
    },
    freshness,
  );
}

/** A delegated token was judged by its ceiling already; what is asked here is what the person may do. */
function questionOf(ctx: RequestContext, { subject, isOther, ceiling }: QuestionSubject): Question | undefined {
  const { type, id } = subject;
  if (!isSubjectType(type)) return undefined;
  if (isOther) return askAboutSubject({ type, id });
  const own = askAboutCaller(ctx.principal);
  if (!own.ok) return undefined;
  return ceiling ? { ...own.value, scopeIsNeeded: false } : own.value;
}

function verdictOf(
  graph: RbacGraph,
  question: Question | undefined,
  { resource, action, explain }: Inquiry,
): RoleVerdict | 'unknown' {
  if (!question) return NOT_APPLICABLE;
  const exists = (name: string) =>
    graph.permission(name) !== undefined || (question.scopeSuffices && question.scopes.includes(name));
  const permission = permissionNames(resource.type, action).find(exists);
  if (permission === undefined) return NOT_APPLICABLE;
  const held = decide(graph, question, permission);
  if (held === 'unknown') return 'unknown';
  if (!held) return { outcome: 'deny', code: 'permission_missing', permission };
  const source = explain ? sourceOf(graph, question, permission) : undefined;
  return { outcome: 'allow', code: 'permission_held', permission, ...(source !== undefined && { source }) };
}

function sourceOf(graph: RbacGraph, question: Question, permission: string): string | undefined {
  const listed = listPermissions(graph, question);
  return listed === 'unknown' ? undefined : listed.find(({ slug }) => slug === permission)?.source;
}
