import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import {
  mayUsePolicies,
  type PolicyRight,
  permissionForPolicies,
  scopeGrantsPolicies,
} from '../../core/rbac/policy-rights.js';
import { askAboutCaller } from '../../core/rbac/question.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';

type Deps = Pick<AuthzDeps, 'graphs'>;

/** Whether the caller has a right over policies or attributes now. What a credential says decides without any reading. */
export async function hasPolicyRight({ graphs }: Deps, ctx: RequestContext, right: PolicyRight): Promise<boolean> {
  const byScope = scopeGrantsPolicies(ctx.principal, right);
  if (byScope !== 'depends') return byScope;
  const own = askAboutCaller(ctx.principal);
  const subjects = own.ok ? [own.value.subject] : [];
  return graphs.ask(orgOf(ctx), subjects, (graph) => mayUsePolicies(graph, ctx.principal, right));
}

/** Throws `permission_denied` where the caller lacks the right. */
export async function requirePolicyRight(deps: Deps, ctx: RequestContext, right: PolicyRight): Promise<void> {
  if (await hasPolicyRight(deps, ctx, right)) return;
  const permission = permissionForPolicies(right);
  const reading = right.endsWith('.view') ? 'admin:read, ' : '';
  throw new DomainError(
    'forbidden',
    'permission_denied',
    right === 'explain'
      ? `Explanations need the permission ${permission}, or an API key with admin:read, admin:write or admin:roles.`
      : `This needs the permission ${permission} and a token with that scope, or an API key with ${reading}admin:write or admin:roles.`,
    { details: { permission } },
  );
}
