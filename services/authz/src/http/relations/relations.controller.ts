import { APP, Handles, type InputOf } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../../app.js';
import { streamChecks } from './check-stream.js';
import { viewChecked } from './checked-view.js';
import { isLineStream } from './lines.js';
import { type Along, askedAlong, askedWhere, ownSubject } from './relation-input.js';
import * as routes from './relations.routes.js';
import { groupByType, readKind } from './subject-kinds.js';

/** Questions about relations: `…/relations/check` and its kin. */
@Controller()
export class RelationsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.check)
  async check({ ctx, body }: InputOf<typeof routes.check>): Promise<object> {
    const { object, relation, subject } = await this.admit(ctx, body);
    const { allowed, token } = await this.app.checkRelation(ctx, {
      ...{ object, relation, subject },
      ...askedAlong(body),
      ...askedWhere(body),
      ...bounded(body),
    });
    return { allowed, object, relation, subject, token };
  }

  @Handles(routes.checks)
  async checks(input: InputOf<typeof routes.checks>): Promise<unknown> {
    const { ctx, body } = input;
    if (isLineStream(body)) return streamChecks(this.app, input, body);
    const checks = body.checks.map((item) => ({ ...item, subject: item.subject ?? ownSubject(ctx) }));
    await this.app.requireMayAskAbout(
      ctx,
      checks.map(({ subject }) => subject),
      checks.some(({ contextual_tuples }) => contextual_tuples !== undefined),
    );
    const { results, token } = await this.app.checkRelations(ctx, {
      checks: checks.map(({ object, relation, subject, ...along }) => ({
        ...{ object, relation, subject },
        ...askedAlong(along),
      })),
      ...askedWhere(body),
    });
    return { results: results.map((result, index) => viewChecked(checks[index]?.id, result)), token };
  }

  @Handles(routes.explain)
  async explain({ ctx, body }: InputOf<typeof routes.explain>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'ask');
    const { object, relation, subject = ownSubject(ctx) } = body;
    const { explanation, token } = await this.app.explainRelation(ctx, {
      ...{ object, relation, subject },
      ...askedAlong(body),
      ...askedWhere(body),
      ...bounded(body),
    });
    return { allowed: explanation.allowed, explanation, token };
  }

  @Handles(routes.expand)
  async expand({ ctx, body }: InputOf<typeof routes.expand>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'ask');
    const { object, relation } = body;
    const { tree, token } = await this.app.expandRelation(ctx, {
      ...{ object, relation },
      ...askedAlong(body),
      ...askedWhere(body),
    });
    return { tree, token };
  }

  @Handles(routes.listObjects)
  async listObjects({ ctx, body }: InputOf<typeof routes.listObjects>): Promise<object> {
    const { type, relation } = body;
    const { subject } = await this.admit(ctx, body);
    const { objects, cursor, token } = await this.app.listObjects(ctx, {
      ...{ objectType: type, relation, subject },
      ...askedAlong(body),
      ...askedWhere(body),
      ...bounded(body),
      ...paged(body),
    });
    return { objects, ...(cursor && { cursor }), token };
  }

  @Handles(routes.listSubjects)
  async listSubjects({ ctx, body }: InputOf<typeof routes.listSubjects>): Promise<object> {
    const { subjects, excluded, cursor, token } = await this.subjectsOf(ctx, body);
    return { subjects, excluded, ...(cursor && { cursor }), token };
  }

  @Handles(routes.whoCan)
  async whoCan({ ctx, body }: InputOf<typeof routes.whoCan>): Promise<object> {
    const { subjects, excluded, cursor, token } = await this.subjectsOf(ctx, body);
    const { object, relation } = body;
    return { object, relation, who: groupByType(subjects, excluded), ...(cursor && { cursor }), token };
  }

  @Handles(routes.whatCan)
  async whatCan({ ctx, body }: InputOf<typeof routes.whatCan>): Promise<object> {
    const { subject } = await this.admit(ctx, body);
    const { limit = 100 } = body;
    const of = routes.requireObjectOrType(body);
    const answer = await this.app.whatCan(ctx, { subject, of, limit, ...askedAlong(body), ...askedWhere(body) });
    return {
      subject,
      ...('object' in of
        ? { object: of.object, relations: answer.relations }
        : { type: of.type, objects: Object.fromEntries(answer.objects) }),
      ...(answer.undecided.length > 0 && {
        undecided: answer.undecided.map(({ relation, failure: { code, message, details } }) => ({
          ...{ relation, code, message },
          ...(details && { details }),
        })),
      }),
      token: answer.token,
    };
  }

  private async subjectsOf(ctx: RequestContext, body: InputOf<typeof routes.listSubjects>['body']) {
    await this.app.requireRelationRight(ctx, 'ask');
    const { object, relation, types } = body;
    return this.app.whoCan(ctx, {
      ...{ object, relation },
      ...(types && { filters: types.map(readKind) }),
      ...askedAlong(body),
      ...askedWhere(body),
      ...bounded(body),
      ...paged(body),
    });
  }

  /** The question with its subject, once the caller may ask it. */
  private async admit<Q extends Along & { readonly subject?: string | undefined }>(
    ctx: RequestContext,
    question: Q,
  ): Promise<Q & { readonly subject: string }> {
    const subject = question.subject ?? ownSubject(ctx);
    await this.app.requireMayAskAbout(ctx, [subject], question.contextual_tuples !== undefined);
    return { ...question, subject };
  }
}

function paged({ limit, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined }) {
  return { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
}

function bounded({ max_depth: maxDepth }: { readonly max_depth?: number | undefined }) {
  return maxDepth === undefined ? {} : { maxDepth };
}
