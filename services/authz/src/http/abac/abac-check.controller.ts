import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject, type Type } from '@nestjs/common';
import { z } from 'zod';
import type { CheckedPolicies, PolicyCheck } from '../../app/decision/check-policies.js';
import type { AuthzApp } from '../../app.js';
import { abacCheckRoutes } from './abac-check.routes.js';
import { asked, attributes, attributesOf, subjectOf, targetOf } from './abac-input.js';
import { viewChecked } from './abac-views.js';

type Routes = ReturnType<typeof abacCheckRoutes>;

/** Checks of policies at the root: the org is that of the credential. */
export const RootAbacCheckController = abacCheckController('root');
/** The same below `/orgs/:org/api/v1`. */
export const OrgAbacCheckController = abacCheckController('org');

const item = z.object({ ...asked, context: z.object({ resource: attributes.optional() }).nullish() });

/** One place of a bulk: a question, or what is wrong with it. */
type Slot = { readonly check: PolicyCheck } | { readonly error: string; readonly echo: object };

function abacCheckController(mount: 'root' | 'org'): Type<object> {
  const routes = abacCheckRoutes(mount);

  @Controller()
  class AbacCheckController {
    constructor(@Inject(APP) private readonly app: AuthzApp) {}

    @Handles(routes.check)
    async check({ ctx, body }: InputOf<Routes['check']>): Promise<object> {
      const target = targetOf(body);
      const { resource, user, environment } = attributesOf(body, body.resource);
      const check = requireComplete(target, resource);
      const about = subjectOf(body);
      const checked = await this.app.checkPolicies(ctx, {
        ...(about && { about }),
        ...(user && { user }),
        ...(environment && { environment }),
        checks: [check],
      });
      const [result] = checked.results;
      if (!result) throw new Error('one check has one result');
      return { ...viewChecked(result, checked), ...subjectView(checked), ...target };
    }

    @Handles(routes.checkBulk)
    async checkBulk({ ctx, body }: InputOf<Routes['checkBulk']>): Promise<object> {
      const given = body.requests ?? body.checks;
      if (!given)
        throw new DomainError('invalid', 'validation_error', 'Send requests: 1 to 100 of {resourceType, action}.', {
          details: { requests: 'is required' },
        });
      const { resource, user, environment } = attributesOf(body);
      const slots = given.map((one) => readSlot(one, resource));
      const about = subjectOf(body);
      const checked = await this.app.checkPolicies(ctx, {
        ...(about && { about }),
        ...(user && { user }),
        ...(environment && { environment }),
        checks: slots.flatMap((slot) => ('check' in slot ? [slot.check] : [])),
      });
      let place = 0;
      const results = slots.map((slot, index) => {
        if ('error' in slot) return { index, allowed: false, reason: slot.error, ...slot.echo, error: slot.error };
        const result = checked.results[place++];
        if (!result) throw new Error('every check has a result');
        const { allowed, reason, matchedPolicies } = viewChecked(result, checked);
        return { index, allowed, reason, ...echoOf(slot.check), matchedPolicies };
      });
      return { results, ...subjectView(checked) };
    }
  }

  return AbacCheckController;
}

function subjectView({ subject: { type, id } }: CheckedPolicies) {
  return { user_id: id, subject_type: type, subject_id: id };
}

function echoOf({ resourceType, action, resourceId }: PolicyCheck) {
  return { resourceType, action, ...(resourceId !== undefined && { resourceId }) };
}

function requireComplete(
  { resourceType, action, resourceId }: ReturnType<typeof targetOf>,
  resource: PolicyCheck['resource'],
): PolicyCheck {
  const details: Record<string, string> = {};
  if (resourceType === undefined) details.resourceType = 'is required';
  if (action === undefined) details.action = 'is required';
  if (resourceType === undefined || action === undefined) {
    throw new DomainError('invalid', 'validation_error', `Send ${Object.keys(details).join(' and ')}.`, { details });
  }
  return { resourceType, action, ...(resourceId !== undefined && { resourceId }), ...(resource && { resource }) };
}

/** `shared`: attributes of resources that came with the whole request. */
function readSlot(given: unknown, shared: PolicyCheck['resource']): Slot {
  const parsed = item.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    const error = isObject ? `${issue?.path.join('.')}: ${issue?.message}` : 'Missing required fields';
    return { error: error.slice(0, 300), echo: {} };
  }
  const target = targetOf(parsed.data);
  const { resourceType, action } = target;
  if (resourceType === undefined || action === undefined) return { error: 'Missing required fields', echo: target };
  const own = { ...shared, ...parsed.data.context?.resource, ...parsed.data.resource?.attributes };
  return { check: requireComplete(target, Object.keys(own).length > 0 ? own : undefined) };
}
