import { isDomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { z } from 'zod';
import type { SearchAccess } from '../../app/decision/search-access.js';
import type { AuthzApp } from '../../app.js';
import { authzenRoutes, metadataRoute, wellKnownRoute } from './authzen.routes.js';
import { itemQuestion, page, questionOf, requestOf } from './authzen-input.js';
import { viewAnswer } from './authzen-view.js';

type Routes = ReturnType<typeof authzenRoutes>;

/** AuthZEN at the root: the org is that of the credential (contract 3.6). */
export const RootAuthzenController = authzenController('root');
/** The same below `/orgs/:org/api/v1`. */
export const OrgAuthzenController = authzenController('org');

function authzenController(mount: 'root' | 'org'): Type<object> {
  const routes = authzenRoutes(mount);

  @Controller()
  class AuthzenController {
    constructor(@Inject(APP) private readonly app: AuthzApp) {}

    @Handles(routes.evaluation)
    async evaluation({ ctx, body }: InputOf<Routes['evaluation']>): Promise<object> {
      const { answers, seesReasons } = await this.app.decideMany(ctx, { questions: [questionOf(body)] });
      const [answer] = answers;
      // A question on its own that may not be asked is a refused request, not a denial.
      if (!answer || isDomainError(answer)) throw answer;
      return viewAnswer(answer, { id: '0', seesReasons });
    }

    @Handles(routes.evaluations)
    async evaluations({ ctx, body }: InputOf<Routes['evaluations']>): Promise<object> {
      const { evaluations, options, ...defaults } = body;
      // Without items it is a single evaluation (AuthZEN 1.0 section 7.1).
      if (!evaluations || evaluations.length === 0) return this.single(ctx, defaults);
      const semantic = options?.evaluations_semantic;
      const stopAt =
        semantic === 'deny_on_first_deny' ? 'deny' : semantic === 'permit_on_first_permit' ? 'allow' : undefined;
      const { answers, seesReasons } = await this.app.decideMany(ctx, {
        questions: evaluations.map((item) => itemQuestion(item, defaults)),
        ...(stopAt && { stopAt }),
      });
      return { evaluations: answers.map((answer, i) => viewAnswer(answer, { id: String(i), seesReasons })) };
    }

    @Handles(routes.searchSubject)
    searchSubject({ ctx, body }: InputOf<Routes['searchSubject']>): Promise<object> {
      const { subject, action, resource, context } = body;
      const { type } = subject;
      return this.search(ctx, body.page, (id) => ({ type, id }), {
        find: 'subjects',
        subjectType: type,
        action: action.name,
        resource: { type: resource.type, id: resource.id },
        request: requestOf({ subject, action, resource, context }),
      });
    }

    @Handles(routes.searchResource)
    searchResource({ ctx, body }: InputOf<Routes['searchResource']>): Promise<object> {
      const { subject, action, resource, context } = body;
      const { type } = resource;
      return this.search(ctx, body.page, (id) => ({ type, id }), {
        find: 'resources',
        subject: { type: subject.type, id: subject.id },
        action: action.name,
        resourceType: type,
        request: requestOf({ subject, action, resource, context }),
      });
    }

    @Handles(routes.searchAction)
    searchAction({ ctx, body }: InputOf<Routes['searchAction']>): Promise<object> {
      const { subject, resource, context } = body;
      return this.search(ctx, body.page, (name) => ({ name }), {
        find: 'actions',
        subject: { type: subject.type, id: subject.id },
        resource: { type: resource.type, id: resource.id },
        request: requestOf({ subject, resource, context }),
      });
    }

    private async single(ctx: RequestContext, defaults: Readonly<Record<string, unknown>>): Promise<object> {
      const question = itemQuestion({}, defaults);
      if (isDomainError(question)) throw question;
      const { answers, seesReasons } = await this.app.decideMany(ctx, { questions: [question] });
      const [answer] = answers;
      if (!answer || isDomainError(answer)) throw answer;
      return viewAnswer(answer, { id: '0', seesReasons });
    }

    private async search(
      ctx: RequestContext,
      asked: z.infer<typeof page>,
      view: (found: string) => object,
      query: DistributiveOmit<SearchAccess, 'page'>,
    ): Promise<object> {
      const token = asked?.token || asked?.next_token;
      const { found, nextToken = '' } = await this.app.searchAccess(ctx, {
        ...query,
        page: { ...(token && { token }), ...(asked?.limit !== undefined && { limit: asked.limit }) },
      });
      return { results: found.map(view), page: { next_token: nextToken, count: found.length } };
    }
  }

  return AuthzenController;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Where the decision API of an org is. */
@Controller()
export class AuthzenMetadataController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(metadataRoute)
  async metadata({ ctx }: InputOf<typeof metadataRoute>): Promise<object> {
    return this.app.describeDecisionPoint(ctx);
  }

  @Handles(wellKnownRoute)
  async wellKnown({ ctx }: InputOf<typeof wellKnownRoute>): Promise<object> {
    return this.app.describeDecisionPoint(ctx);
  }
}
