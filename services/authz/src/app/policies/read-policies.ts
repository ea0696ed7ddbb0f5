import type { RequestContext } from '@lumo/tenancy';
import type { PolicyQuery, PolicyRecord } from '../../policy-ports.js';
import type { Page } from '../../ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { requirePolicy } from './change-policies.js';
import { requirePolicyRight } from './policy-access.js';

type Deps = Pick<AuthzDeps, 'stores' | 'graphs'>;

export function listPolicies(deps: Deps) {
  return async (ctx: RequestContext, query: PolicyQuery): Promise<Page<PolicyRecord>> => {
    await requirePolicyRight(deps, ctx, 'policies.view');
    return deps.stores.policies.listPolicies(query);
  };
}

/** By id or slug. */
export function readPolicy(deps: Deps) {
  return async (ctx: RequestContext, { reference }: { readonly reference: string }): Promise<PolicyRecord> => {
    await requirePolicyRight(deps, ctx, 'policies.view');
    return requirePolicy(deps.stores.policies, reference);
  };
}
