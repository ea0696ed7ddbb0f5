import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { PolicyDraft } from '../../app/policies/policy-draft.js';
import type { TestedPolicy } from '../../app/policies/test-policy.js';
import type { AuthzApp } from '../../app.js';
import { attributesOf, subjectOf, targetOf } from './abac-input.js';
import { type PolicyView, viewPolicy } from './abac-views.js';
import * as routes from './policies.routes.js';

type WrittenPolicy = InputOf<typeof routes.updateRoute>['body'];

/** `…/abac/policies` (contract 3.4). */
@Controller()
export class PoliciesController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<PolicyView>> {
    const { rows, total } = await this.app.listPolicies(ctx, query);
    return listBody('policies', query, { rows: rows.map(viewPolicy), total });
  }

  @Handles(routes.createRoute)
  async create({ ctx, body }: InputOf<typeof routes.createRoute>): Promise<object> {
    return { data: viewPolicy(await this.app.createPolicy(ctx, draftOf(body))), message: 'Policy created.' };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    return { data: viewPolicy(await this.app.readPolicy(ctx, { reference: params.policyId })) };
  }

  @Handles(routes.updateRoute)
  async update({ ctx, params, body }: InputOf<typeof routes.updateRoute>): Promise<object> {
    const policy = await this.app.updatePolicy(ctx, { ...draftOf(body), reference: params.policyId });
    return { data: viewPolicy(policy), message: 'Policy updated.' };
  }

  @Handles(routes.deleteRoute)
  async delete({ ctx, params }: InputOf<typeof routes.deleteRoute>): Promise<object> {
    await this.app.deletePolicy(ctx, { reference: params.policyId });
    return { message: 'Policy deleted.' };
  }

  @Handles(routes.toggleRoute)
  async toggle({ ctx, params }: InputOf<typeof routes.toggleRoute>): Promise<object> {
    const policy = await this.app.togglePolicy(ctx, { reference: params.policyId });
    return { data: viewPolicy(policy), message: `Policy switched ${policy.isActive ? 'on' : 'off'}.` };
  }

  @Handles(routes.testRoute)
  async test({ ctx, params, body }: InputOf<typeof routes.testRoute>): Promise<object> {
    const about = subjectOf(body);
    const tested = await this.app.testPolicy(ctx, {
      reference: params.policyId,
      ...(about && { about }),
      ...targetOf(body),
      request: attributesOf(body, body.resource),
    });
    return viewTested(tested);
  }
}

/** The members that were sent, in the current spelling. */
function draftOf({ target, ...body }: WrittenPolicy): PolicyDraft {
  const draft = {
    ...body,
    resourceType: body.resourceType ?? target?.resources?.[0],
    action: body.action ?? target?.actions?.[0],
  };
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

function viewTested({ policy, isAbout, holds, trace, scopes }: TestedPolicy): object {
  const matched = isAbout && holds === true;
  const decision = !isAbout || holds === false ? 'not_applicable' : matched ? policy.effect : 'error';
  return {
    matched,
    decision,
    reason: reasonOf({ policy, isAbout, holds }),
    policy: viewPolicy(policy),
    trace,
    evaluationContext: scopes,
  };
}

function reasonOf({ policy, isAbout, holds }: Pick<TestedPolicy, 'policy' | 'isAbout' | 'holds'>): string {
  if (!isAbout) return `The policy is about ${policy.resourceType} and ${policy.action}.`;
  if (typeof holds === 'object') return `The policy could not be evaluated: ${holds.error}.`;
  if (!holds) return 'Its conditions do not hold.';
  return policy.isActive ? 'Its conditions hold.' : 'Its conditions hold, but the policy is switched off.';
}
