import { DomainError, isDomainError } from '@lumo/kit';
import { APP, Handles, listBody } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { Checked } from '../app/check-permissions.js';
import type { AuthzApp } from '../app.js';
import type { Subject } from '../core/subject.js';
import { checkRoutes, type ListQuery } from './check.routes.js';
import { type CheckInput, parseCheckMany, parseCheckOne } from './check-input.js';
import { requireOneSubject } from './subject-reference.js';

interface Asked {
  readonly ctx: RequestContext;
  readonly body: unknown;
}

/** Permission checks at the root: the org is that of the credential. */
export const RootCheckController = checkController('root');
/** The same below `/orgs/:org/api/v1`. */
export const OrgCheckController = checkController('org');

function checkController(mount: 'root' | 'org'): Type<object> {
  const routes = checkRoutes(mount);

  @Controller()
  class CheckController {
    constructor(@Inject(APP) private readonly app: AuthzApp) {}

    @Handles(routes.check)
    async check({ ctx, body }: Asked): Promise<object> {
      const input = parseCheckOne(body);
      const checked = await this.decide(ctx, input);
      const [permission = ''] = input.permissions;
      return {
        allowed: checked.results.get(permission) === true,
        permission,
        ...about(checked.subject),
        ...echo(input),
      };
    }

    @Handles(routes.checkBulk)
    async checkBulk({ ctx, body }: Asked): Promise<object> {
      const input = parseCheckMany(body);
      const checked = await this.decide(ctx, input);
      return { results: Object.fromEntries(checked.results), ...about(checked.subject), ...echo(input) };
    }

    @Handles(routes.checkAny)
    async checkAny({ ctx, body }: Asked): Promise<object> {
      const input = parseCheckMany(body);
      const checked = await this.decide(ctx, input);
      const allowed = [...checked.results.values()].includes(true);
      return { allowed, permissions: input.permissions, ...about(checked.subject), ...echo(input) };
    }

    @Handles(routes.checkAll)
    async checkAll({ ctx, body }: Asked): Promise<object> {
      const input = parseCheckMany(body);
      const checked = await this.decide(ctx, input);
      const allowed = ![...checked.results.values()].includes(false);
      return { allowed, permissions: input.permissions, ...about(checked.subject), ...echo(input) };
    }

    @Handles(routes.list)
    async list({ ctx, query }: { readonly ctx: RequestContext; readonly query: ListQuery }): Promise<object> {
      const asked = subjectOfQuery(query);
      const { subject, permissions } = await failingAs('LIST_FAILED', () =>
        this.app.listEffectivePermissions(ctx, { ...(asked && { about: asked }) }),
      );
      const items = permissions.map(({ slug, description, source }) => ({ slug, description, source }));
      // The public clients read `permissions` and know no pages: it is always whole.
      const limit = query.limit ?? Math.max(1, items.length);
      const page = query.page ?? 1;
      const rows = items.slice((page - 1) * limit, page * limit);
      return {
        ...about(subject),
        permissions: items,
        count: items.length,
        ...listBody('permissions', { page, limit }, { rows, total: items.length }),
      };
    }

    private decide(ctx: RequestContext, { permissions, about: subject }: CheckInput): Promise<Checked> {
      return failingAs('CHECK_FAILED', () =>
        this.app.checkPermissions(ctx, { permissions, ...(subject && { about: subject }) }),
      );
    }
  }

  return CheckController;
}

function about({ type, id }: Subject) {
  return { user_id: id, subject_type: type, subject_id: id };
}

/** `context` is absent where none was sent: the JavaScript client refuses null (contract 9.6). */
function echo({ context }: CheckInput) {
  return context ? { context } : {};
}

function subjectOfQuery({ user_id, subject_type, subject_id }: ListQuery): Subject | undefined {
  if ((subject_type === undefined) !== (subject_id === undefined))
    throw new DomainError('invalid', 'INVALID_SUBJECT', 'subject_type and subject_id belong together.');
  const subject = subject_type && subject_id ? { type: subject_type, id: subject_id } : undefined;
  return requireOneSubject({ ...(user_id && { user_id }), ...(subject && { subject }) });
}

/** Gives failures of ours the code that clients of this API know; refusals keep their own. */
async function failingAs<T>(code: 'CHECK_FAILED' | 'LIST_FAILED', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDomainError(error) && error.kind !== 'unavailable' && error.kind !== 'internal') throw error;
    const kind = isDomainError(error) ? error.kind : 'internal';
    const retryAfterSeconds = isDomainError(error) ? error.options.retryAfterSeconds : undefined;
    throw new DomainError(kind, code, 'The decision could not be made now. Try again in a moment.', {
      cause: error,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
}
