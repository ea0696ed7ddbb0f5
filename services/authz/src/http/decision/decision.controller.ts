import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { PolicyDraft } from '../../app/policies/policy-draft.js';
import type { AuthzApp } from '../../app.js';
import type { DecisionSettings } from '../../core/decision/combination.js';
import { attributesOf, subjectOf } from '../abac/abac-input.js';
import { viewMatched } from '../abac/abac-views.js';
import { changeSettingsRoute, decisionRoutes, dryRunRoute, readSettingsRoute } from './decision.routes.js';
import { viewPart } from './decision-view.js';

type Routes = ReturnType<typeof decisionRoutes>;

/** The combined decision at the root: the org is that of the credential. */
export const RootDecisionController = decisionController('root');
/** The same below `/orgs/:org/api/v1`. */
export const OrgDecisionController = decisionController('org');

function decisionController(mount: 'root' | 'org'): Type<object> {
  const routes = decisionRoutes(mount);

  @Controller()
  class DecisionController {
    constructor(@Inject(APP) private readonly app: AuthzApp) {}

    @Handles(routes.decide)
    async decide({ ctx, body }: InputOf<Routes['decide']>): Promise<object> {
      const { resource, action, explain, consistency } = body;
      const about = subjectOf(body);
      const named = typeof action === 'string' ? { name: action } : action;
      const attributes = { ...resource.properties, ...resource.attributes };
      const { subject, decision, token } = await this.app.decideAccess(ctx, {
        ...(about && { about }),
        action: named.name,
        resource: { type: resource.type, ...(resource.id !== undefined && { id: resource.id }) },
        request: {
          ...attributesOf(body, { attributes }),
          ...('properties' in named && named.properties && { action: named.properties }),
        },
        ...(explain && { explain }),
        ...(consistency !== undefined && { consistency }),
      });
      const { outcome, combination, parts, answer } = decision;
      return {
        allowed: outcome === 'allow',
        decision: outcome,
        combination,
        token,
        parts: parts.map((part) => viewPart(part, { details: explain === true })),
        user_id: subject.id,
        subject_type: subject.type,
        subject_id: subject.id,
        ...(explain && { evaluationContext: answer.scopes }),
      };
    }
  }

  return DecisionController;
}

/** Dry runs, and how decisions are combined. */
@Controller()
export class DecisionAdminController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(dryRunRoute)
  async dryRun({ ctx, body }: InputOf<typeof dryRunRoute>): Promise<object> {
    const { put, remove } = body.policies;
    const { tried, policies, changed } = await this.app.dryRunPolicies(ctx, {
      put: put.map(({ id, ...draft }) =>
        id === undefined ? { name: 'Draft', ...readDraft(draft) } : { ...readDraft(draft), reference: id },
      ),
      remove,
      ...(body.questions && {
        questions: body.questions.map(({ subject, resource, action, context }) => ({
          subject,
          resource: { type: resource.type, ...(resource.id !== undefined && { id: resource.id }) },
          action,
          request: attributesOf({ context }),
        })),
      }),
    });
    return {
      tried,
      policies,
      changed: changed.map(({ question: { request, ...question }, before, after, decidedBy, isPartial }) => ({
        question: { ...question, context: request },
        before,
        after,
        decidedBy: decidedBy.map(viewMatched),
        partial: isPartial,
      })),
    };
  }

  @Handles(readSettingsRoute)
  async readSettings({ ctx }: InputOf<typeof readSettingsRoute>): Promise<object> {
    return { data: viewSettings(await this.app.readDecisionSettings(ctx)) };
  }

  @Handles(changeSettingsRoute)
  async changeSettings({ ctx, body }: InputOf<typeof changeSettingsRoute>): Promise<object> {
    const settings = await this.app.changeDecisionSettings(ctx, {
      ...(body.decision_combination && { combination: body.decision_combination }),
      ...(body.decision_engines && { engines: body.decision_engines }),
      ...(body.time_zone !== undefined && { timeZone: body.time_zone }),
    });
    return { data: viewSettings(settings), message: 'Settings changed.' };
  }
}

function viewSettings({ combination, engines, timeZone }: DecisionSettings) {
  return { decision_combination: combination, decision_engines: [...engines], time_zone: timeZone };
}

/** The members of a policy, each of the type that a policy has; what they say is judged like that of a real one. */
function readDraft(given: Readonly<Record<string, unknown>>): PolicyDraft {
  const { name, slug, description, resourceType, action, effect, priority, conditions, isActive } = given;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const draft = {
    name: text(name),
    slug: text(slug),
    description: text(description),
    resourceType: text(resourceType),
    action: text(action),
    effect: text(effect),
    priority: typeof priority === 'number' ? priority : undefined,
    conditions,
    isActive: typeof isActive === 'boolean' ? isActive : undefined,
  };
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}
