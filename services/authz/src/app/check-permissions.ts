import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { type EffectivePermission, listPermissions } from '../core/rbac/effective-permissions.js';
import {
  askAboutCaller,
  askAboutSubject,
  decide,
  isAboutCaller,
  mayAskAboutOthers,
  type Question,
} from '../core/rbac/question.js';
import type { RbacGraph } from '../core/rbac/rbac-graph.js';
import type { Subject } from '../core/subject.js';
import { type AuthzDeps, orgOf } from './authz-deps.js';
import { notAnOracle } from './refusals.js';

export interface CheckPermissions {
  /** Absent: the caller. */
  readonly about?: Subject;
  readonly permissions: readonly string[];
}

export interface Checked {
  readonly subject: Subject;
  /** Slug to answer, in the order of the question. */
  readonly results: ReadonlyMap<string, boolean>;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'decisions'>;

/**
 * Decides permissions for the caller, or for somebody else where the caller may ask that. Somebody unknown, or of another
 * organization, holds nothing. Every decision reaches the audit log.
 */
export function checkPermissions({ graphs, decisions }: Deps) {
  return async (ctx: RequestContext, { about, permissions }: CheckPermissions): Promise<Checked> => {
    const { question, isOther } = questionOf(ctx, about);
    const results = await graphs.ask(orgOf(ctx), subjectsOf(ctx, question), (graph) => {
      const allowed = isOther ? mayAskAboutOthers(graph, ctx.principal) : true;
      return allowed === true ? decideAll(graph, question, permissions) : allowed;
    });
    if (results === false) throw notAnOracle();
    decisions.record(
      ctx,
      Array.from(results, ([permission, allowed]) => ({ subject: question.subject, permission, allowed })),
    );
    return { subject: question.subject, results };
  };
}

/** Every permission of the caller or of somebody else, with where it comes from. */
export function listEffectivePermissions({ graphs }: Pick<Deps, 'graphs'>) {
  return async (
    ctx: RequestContext,
    { about }: { readonly about?: Subject },
  ): Promise<{ readonly subject: Subject; readonly permissions: readonly EffectivePermission[] }> => {
    const { question, isOther } = questionOf(ctx, about);
    const permissions = await graphs.ask(orgOf(ctx), subjectsOf(ctx, question), (graph) => {
      const allowed = isOther ? mayAskAboutOthers(graph, ctx.principal) : true;
      return allowed === true ? listPermissions(graph, question) : allowed;
    });
    if (permissions === false) throw notAnOracle();
    return { subject: question.subject, permissions };
  };
}

/** Decides for a subject as another service asks, which records itself what it decided with the answer. */
export function decideForSubject({ graphs }: Pick<Deps, 'graphs'>) {
  return async (
    ctx: RequestContext,
    { subject, permissions }: { readonly subject: Subject; readonly permissions: readonly string[] },
  ): Promise<ReadonlyMap<string, boolean>> => {
    const question = askAboutSubject(subject);
    return graphs.ask(orgOf(ctx), [subject], (graph) => decideAll(graph, question, permissions));
  };
}

function questionOf(
  { principal }: RequestContext,
  about: Subject | undefined,
): { readonly question: Question; readonly isOther: boolean } {
  if (about && !isAboutCaller(principal, about)) return { question: askAboutSubject(about), isOther: true };
  const own = askAboutCaller(principal);
  if (!own.ok) {
    throw new DomainError(
      'invalid',
      'MISSING_SUBJECT',
      'This credential holds no permissions itself. Say about whom you ask: pass user_id, or subject {type, id}.',
    );
  }
  return { question: own.value, isOther: false };
}

/** Whom the answer depends on: the one asked about, and the caller, whose own permission may be what allows to ask. */
function subjectsOf({ principal }: RequestContext, question: Question): readonly Subject[] {
  const own = askAboutCaller(principal);
  return own.ok ? [question.subject, own.value.subject] : [question.subject];
}

function decideAll(
  graph: RbacGraph,
  question: Question,
  permissions: readonly string[],
): ReadonlyMap<string, boolean> | 'unknown' {
  const results = new Map<string, boolean>();
  for (const permission of permissions) {
    const decision = decide(graph, question, permission);
    if (decision === 'unknown') return 'unknown';
    results.set(permission, decision);
  }
  return results;
}
