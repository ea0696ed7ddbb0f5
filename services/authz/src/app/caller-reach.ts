import type { RequestContext } from '@lumo/tenancy';
import { type Handout, missingGuards } from '../core/rbac/grant-authority.js';
import { askAboutSubject, decide } from '../core/rbac/question.js';
import { ADMIN_PERMISSIONS } from '../core/rbac/system-catalogue.js';
import { type AuthzDeps, orgOf } from './authz-deps.js';
import { lacking } from './refusals.js';

/** Throws `permission_denied` for a change that reaches further than the caller's own rights. */
export type RequireReach = (handout: Handout) => void;

/**
 * Looks up what the caller may hand out, before a transaction is open: a transaction that waited for another connection
 * of the same pool could wait for itself.
 */
export async function callerReach({ graphs }: Pick<AuthzDeps, 'graphs'>, ctx: RequestContext): Promise<RequireReach> {
  const { principal } = ctx;
  const held = new Set(principal.type === 'user' ? await adminPermissionsOf(graphs, ctx) : []);
  return (handout) => {
    const missing = missingGuards(principal, (guard) => held.has(guard), handout);
    if (missing.length > 0) throw lacking(missing);
  };
}

async function adminPermissionsOf(graphs: AuthzDeps['graphs'], ctx: RequestContext): Promise<readonly string[]> {
  const subject = { type: 'user' as const, id: ctx.principal.id };
  const question = askAboutSubject(subject);
  return graphs.ask(orgOf(ctx), [subject], (graph) => {
    const held: string[] = [];
    for (const { slug } of ADMIN_PERMISSIONS) {
      const decision = decide(graph, question, slug);
      if (decision === 'unknown') return 'unknown';
      if (decision) held.push(slug);
    }
    return held;
  });
}
