import { DomainError } from '@lumo/kit';
import type { Principal, RequestContext } from '@lumo/tenancy';
import type { Access, AdminScope } from './route.js';

/** Asks the authorization engine whether a person holds an admin permission now. */
export type HasPermission = (context: RequestContext, permission: AdminScope) => Promise<boolean>;

/** Lets the caller into a route, or throws why not. Nothing is open by default. */
export async function authorize(
  access: Access | undefined,
  method: string,
  context: RequestContext,
  has: HasPermission,
): Promise<void> {
  if (!access)
    throw new DomainError('forbidden', 'permission_denied', 'This route declares no requirement and is closed.');
  if (access.kind === 'public' || access.kind === 'client-auth') return;
  const { principal } = context;
  if (principal.type === 'anonymous') {
    throw new DomainError(
      'unauthenticated',
      'invalid_token',
      'Send an access token or an API key: Authorization: Bearer <token>, or X-API-Key: <key>.',
    );
  }
  if (access.kind === 'instance') {
    if (principal.type !== 'instance') throw forbidden('This needs the key of the instance operator.');
    return;
  }
  if (!context.org) throw forbidden('This credential belongs to no organization.');
  if (access.kind === 'principal') {
    if (access.types && !access.types.includes(principal.type))
      throw forbidden(`This is only for: ${access.types.join(', ')}.`);
    return;
  }
  if (!scopeAllows(principal, access.scope, method)) {
    throw new DomainError('forbidden', 'insufficient_scope', `This needs the scope ${access.scope}.`, {
      details: { scope: access.scope },
    });
  }
  // A person's token only says what the app may ask for; what the person may do is decided now (agents-protocols D-11).
  if (principal.type === 'user' && !(await has(context, access.scope))) {
    throw forbidden(`You lack the permission ${access.scope}. Ask an administrator of the organization for it.`);
  }
}

/** Reading and writing are granted separately (contract 1.4); `admin` is both. */
function scopeAllows(principal: Principal, scope: AdminScope, method: string): boolean {
  const general = method === 'GET' || method === 'HEAD' ? ['admin:read', 'admin.read'] : ['admin:write', 'admin.write'];
  return principal.scopes.some((held) => held === scope || held === 'admin' || general.includes(held));
}

function forbidden(message: string): DomainError {
  return new DomainError('forbidden', 'permission_denied', message);
}
