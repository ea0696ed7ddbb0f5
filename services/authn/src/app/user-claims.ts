import { displayName, type User } from '../core/user.js';
import type { TokenDeps } from './token-deps.js';

/**
 * What the scopes tell of a person (OpenID Connect Core section 5.4), and single claims named beside them (section 5.5).
 * What is not known is left out.
 */
export async function userClaims(
  user: User,
  scopes: readonly string[],
  { roles }: Pick<TokenDeps, 'roles'>,
  named: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const isWanted = (scope: string, claim: string) => scopes.includes(scope) || named.includes(claim);
  const held = isWanted('roles', 'roles') ? await roles.ofUsers([user.id]) : undefined;
  const byScope: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    profile: {
      name: displayName(user),
      given_name: user.givenName,
      family_name: user.familyName,
      preferred_username: user.username,
      picture: user.picture,
      locale: user.locale,
      zoneinfo: user.zoneinfo,
      updated_at: Math.floor(user.updatedAt.getTime() / 1000),
    },
    email: { email: user.email, email_verified: user.emailVerified },
    phone: user.phoneNumber ? { phone_number: user.phoneNumber, phone_number_verified: user.phoneNumberVerified } : {},
    roles: { roles: held && (held.get(user.id) ?? []).map((role) => role.slug) },
  };
  return Object.fromEntries(
    Object.entries(byScope).flatMap(([scope, claims]) =>
      Object.entries(claims).filter(
        ([claim, value]) => isWanted(scope, claim) && value !== undefined && value !== null,
      ),
    ),
  );
}
