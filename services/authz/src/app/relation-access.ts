import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { askAboutCaller } from '../core/rbac/question.js';
import {
  isOwnSubject,
  mayUseRelations,
  permissionFor,
  type RelationRight,
  scopeGrantsRelations,
} from '../core/rbac/relation-rights.js';
import { type AuthzDeps, orgOf } from './authz-deps.js';

type Deps = Pick<AuthzDeps, 'graphs'>;

/** Lets a caller use relations, or throws `permission_denied`. What a credential says decides without any reading. */
export function requireRelationRight({ graphs }: Deps) {
  return (ctx: RequestContext, right: RelationRight): void | Promise<void> => {
    const byScope = scopeGrantsRelations(ctx.principal, right);
    if (byScope === true) return;
    if (byScope === false) throw lackingRight(right);
    return askRoles(graphs, ctx, right);
  };
}

/**
 * Lets a caller ask about these subjects: about itself always, about others with the right to ask. Tuples that the question
 * brings along reach beyond the caller, so they need it too.
 */
export function requireMayAskAbout(deps: Deps) {
  const require = requireRelationRight(deps);
  return (ctx: RequestContext, subjects: Iterable<string>, bringsTuples: boolean): void | Promise<void> => {
    if (bringsTuples) return require(ctx, 'ask');
    for (const subject of subjects) if (!isOwnSubject(ctx.principal, subject)) return require(ctx, 'ask');
  };
}

async function askRoles(graphs: AuthzDeps['graphs'], ctx: RequestContext, right: RelationRight): Promise<void> {
  const own = askAboutCaller(ctx.principal);
  const subjects = own.ok ? [own.value.subject] : [];
  const allowed = await graphs.ask(orgOf(ctx), subjects, (graph) => mayUseRelations(graph, ctx.principal, right));
  if (!allowed) throw lackingRight(right);
}

function lackingRight(right: RelationRight): DomainError {
  const permission = permissionFor(right);
  return new DomainError(
    'forbidden',
    'permission_denied',
    right === 'ask'
      ? 'You can only ask about yourself, without tuples of your own. Asking about others needs the permission ' +
          'authz.check or relations.read, the scope authz:check, or an API key with admin:read, admin:write or admin:roles.'
      : `This needs the permission ${permission} and a token with that scope, or an API key with ` +
          `${right === 'read' ? 'admin:read, ' : ''}admin:write or admin:roles.`,
    { details: { permission } },
  );
}
