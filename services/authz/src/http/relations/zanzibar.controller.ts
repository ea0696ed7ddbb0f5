import { DomainError, isDomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject, type Type } from '@nestjs/common';
import { z } from 'zod';
import type { AuthzApp } from '../../app.js';
import { along, askedAlong, askedWhere, consistency, ownSubject } from './relation-input.js';
import { resolutionOf } from './resolution.js';
import * as routes from './zanzibar.routes.js';
import { malformed, missing, readTupleParts, requireTupleKey } from './zanzibar-input.js';
import { expandTree } from './zanzibar-tree.js';

interface Asked {
  readonly ctx: RequestContext;
  readonly body: unknown;
}

/** Relations at the root: the org is that of the credential. */
export const RootZanzibarController = questionController('root');
/** The same below `/orgs/:org/api/v1`. */
export const OrgZanzibarController = questionController('org');

function questionController(mount: 'root' | 'org'): Type<object> {
  const { check, expand } = routes.zanzibarRoutes(mount);

  @Controller()
  class ZanzibarController {
    constructor(@Inject(APP) private readonly app: AuthzApp) {}

    @Handles(check)
    check({ ctx, body }: Asked): Promise<object> {
      return inWordsOfContract(async () => {
        const { object, relation, subject } = requireTupleKey(body);
        const asked = readAlong(body);
        await this.app.requireMayAskAbout(ctx, [subject], asked.contextualTuples !== undefined);
        const question = { object, relation, subject, ...asked };
        const { allowed, token, modelId } = await this.app.checkRelation(ctx, question);
        const consistency = { at_exact_snapshot: token };
        const resolution = await this.resolution(ctx, body, { ...question, modelId, consistency });
        return { allowed, ...echo(object, relation), subject, user: subject, ...resolution, token };
      });
    }

    @Handles(expand)
    expand({ ctx, body }: Asked): Promise<object> {
      return inWordsOfContract(async () => {
        await this.requireOracle(ctx);
        const { object, relation } = readTupleParts(body);
        if (object === undefined || relation === undefined) throw missing({ object, relation });
        const { contextualTuples, consistency: wanted } = readAlong(body);
        const { tree, token } = await expandTree(this.app, ctx, {
          ...{ object, relation },
          ...(contextualTuples && { contextualTuples }),
          ...(wanted && { consistency: wanted }),
        });
        return { tree, ...echo(object, relation), token };
      });
    }

    /** The tuples that decided, where they were asked for by somebody who may see them. */
    private async resolution(ctx: RequestContext, body: unknown, question: Parameters<AuthzApp['explainRelation']>[1]) {
      if ((body as { readonly resolution_metadata?: unknown }).resolution_metadata !== true) return {};
      await this.app.requireRelationRight(ctx, 'ask');
      const { explanation } = await this.app.explainRelation(ctx, question);
      return { resolution_metadata: resolutionOf(explanation) };
    }

    private async requireOracle(ctx: RequestContext): Promise<void> {
      try {
        await this.app.requireRelationRight(ctx, 'ask');
      } catch (error) {
        if (!isDomainError(error) || error.kind !== 'forbidden') throw error;
        throw new DomainError('forbidden', 'insufficient_permissions', error.message);
      }
    }
  }

  return ZanzibarController;
}

/** Tuples and lists of contract 3.5, below the org. */
@Controller()
export class ZanzibarDataController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listObjects)
  listObjects({ ctx, body }: Asked): Promise<object> {
    return inWordsOfContract(async () => {
      const { relation, subject = ownSubject(ctx) } = readTupleParts({
        ...asObject(body),
        object: undefined,
        object_id: undefined,
      });
      const { object_type: objectType } = asObject(body);
      if (relation === undefined || typeof objectType !== 'string' || objectType === '')
        throw missing({ object_type: objectType ? String(objectType) : undefined, relation });
      const asked = readAlong(body);
      await this.app.requireMayAskAbout(ctx, [subject], asked.contextualTuples !== undefined);
      const page = z
        .object({ limit: z.int().min(1).max(1000).nullish(), cursor: z.string().nullish() })
        .safeParse(body);
      if (!page.success) throw malformed('limit is a whole number from 1 to 1000, cursor is text.');
      const { objects, cursor, token } = await this.app.listObjects(ctx, {
        ...{ objectType, relation, subject },
        ...asked,
        ...(page.data.limit && { limit: page.data.limit }),
        ...(page.data.cursor && { cursor: page.data.cursor }),
      });
      return {
        objects,
        object_ids: objects.map((object) => object.slice(objectType.length + 1)),
        object_type: objectType,
        relation,
        permission: relation,
        ...{ subject, user: subject },
        ...(cursor && { cursor }),
        token,
      };
    });
  }

  @Handles(routes.writeTuple)
  write({ ctx, body }: Asked): Promise<object> {
    return inWordsOfContract(async () => {
      await this.app.requireRelationRight(ctx, 'write');
      const { object, relation, subject } = requireTupleKey(body);
      const tuple = { object, relation, subject };
      const { written, token } = await this.app.writeTuples(ctx, {
        writes: [tuple],
        deletes: [],
        onDuplicate: 'ignore',
      });
      const message = written > 0 ? 'Tuple written.' : 'The tuple was there already.';
      return { data: { ...tuple, user: subject }, message, token };
    });
  }

  @Handles(routes.deleteTuple)
  delete({ ctx, body }: Asked): Promise<object> {
    return inWordsOfContract(async () => {
      await this.app.requireRelationRight(ctx, 'write');
      const { object, relation, subject } = requireTupleKey(body);
      const key = { object, relation, subject };
      const { deleted, token } = await this.app.writeTuples(ctx, { writes: [], deletes: [key], onMissing: 'ignore' });
      if (deleted === 0) throw new DomainError('not_found', 'resource_not_found', 'There is no such tuple.');
      return { message: 'Tuple deleted.', token };
    });
  }

  @Handles(routes.readTuples)
  read({ ctx, query }: InputOf<typeof routes.readTuples>): Promise<object> {
    return inWordsOfContract(async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const { object, relation, subject } = readTupleParts(query);
      const { object_type: objectType } = query;
      const { tuples, cursor, token } = await this.app.readTuples(ctx, {
        filter: {
          ...(object !== undefined ? { object } : objectType && { objectType }),
          ...(relation !== undefined && { relation }),
          ...(subject !== undefined && { subject }),
        },
        pageSize: query.limit,
        ...(query.cursor !== undefined && { cursor: query.cursor }),
      });
      return {
        data: tuples.map(({ tuple: { subject: whom, ...rest }, writtenAt }) => ({
          ...rest,
          ...{ subject: whom, user: whom },
          createdAt: writtenAt.toISOString(),
        })),
        ...(cursor && { cursor }),
        resourceType: 'tuples',
        token,
      };
    });
  }
}

function echo(object: string, relation: string) {
  return { object, relation, permission: relation };
}

function asObject(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
}

const brought = z.object({
  context: along.context.nullable(),
  contextual_tuples: along.contextual_tuples.nullable(),
  consistency: consistency.nullish(),
});

function readAlong(body: unknown) {
  const parsed = brought.safeParse(asObject(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { context, contextual_tuples, consistency: wanted } = parsed.data;
  return {
    ...askedAlong({
      ...(context && { context }),
      ...(contextual_tuples && { contextual_tuples }),
    }),
    ...askedWhere({ ...(wanted && { consistency: wanted }) }),
  };
}

/** What is wrong with a question has one word in this API (contract 1.7); what is missing or not allowed keeps its own. */
const QUESTION_CODES: readonly string[] = [
  'validation_error',
  'type_not_found',
  'relation_not_found',
  'invalid_tuple',
  'condition_failed',
  'over_budget',
  'model_not_found',
];

async function inWordsOfContract<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDomainError(error) || !QUESTION_CODES.includes(error.code)) throw error;
    throw new DomainError('invalid', 'ZANZIBAR_CHECK_FAILED', error.message, {
      ...(error.details && { details: error.details }),
    });
  }
}
