import type { RequestContext } from '@lumo/tenancy';
import { type AuthzDeps, orgOf } from '../authz-deps.js';

/** Metadata of a policy decision point (AuthZEN 1.0 section 9): every endpoint as an absolute URL of the configured address. */
export function describeDecisionPoint({ baseUrl }: Pick<AuthzDeps, 'baseUrl'>) {
  return async (ctx: RequestContext) => {
    const point = `${baseUrl}/orgs/${orgOf(ctx).slug}/api/v1`;
    return {
      policy_decision_point: point,
      access_evaluation_endpoint: `${point}/access/v1/evaluation`,
      access_evaluations_endpoint: `${point}/access/v1/evaluations`,
      search_subject_endpoint: `${point}/access/v1/search/subject`,
      search_resource_endpoint: `${point}/access/v1/search/resource`,
      search_action_endpoint: `${point}/access/v1/search/action`,
    };
  };
}
