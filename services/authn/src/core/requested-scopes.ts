import { err, ok, type Result } from '@lumo/kit';

/** Scopes that say something about a person; a machine that acts for itself never gets them. */
export const PERSONAL_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'phone',
  'roles',
  'offline_access',
]);

/** Not asked for by a client unless it says so: it makes tokens that outlive the session. */
const ONLY_ON_REQUEST = 'offline_access';

/**
 * The scopes of an authorization request. A request that names none gets the usual ones (RFC 6749 section 3.3; MCP clients
 * leave the parameter out): those of the client, or of the resources it asks for. `offline`: `access_type=offline`.
 */
export function authorizationScopes(
  requested: string | undefined,
  allowed: readonly string[],
  offline: boolean,
  usual = allowed,
): readonly string[] {
  const named = requested?.split(' ').filter(Boolean) ?? [];
  const scopes = named.length > 0 ? named : usual.filter((scope) => scope !== ONLY_ON_REQUEST);
  return [...new Set(offline && allowed.includes(ONLY_ON_REQUEST) ? [...scopes, ONLY_ON_REQUEST] : scopes)];
}

/** The scopes of a client or agent that asks for itself; one that it may not have is named in the refusal. */
export function ownScopes(
  requested: string | undefined,
  allowed: readonly string[],
): Result<readonly string[], { readonly scope: string }> {
  const own = allowed.filter((scope) => !PERSONAL_SCOPES.has(scope));
  const named = [...new Set(requested?.split(' ').filter(Boolean))];
  const denied = named.find((scope) => !own.includes(scope));
  if (denied !== undefined) return err({ scope: denied });
  return ok(named.length > 0 ? named : own);
}
