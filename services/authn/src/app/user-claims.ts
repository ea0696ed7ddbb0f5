import { displayName, type User } from '../core/user.js';
import type { TokenDeps } from './token-deps.js';

/** What the scopes tell of a person (OpenID Connect Core section 5.4). What is not known is left out. */
export async function userClaims(
  user: User,
  scopes: readonly string[],
  { roles }: Pick<TokenDeps, 'roles'>,
): Promise<Readonly<Record<string, unknown>>> {
  const held = scopes.includes('roles') ? await roles.ofUsers([user.id]) : undefined;
  const known = {
    ...(scopes.includes('profile') && {
      name: displayName(user),
      given_name: user.givenName,
      family_name: user.familyName,
      preferred_username: user.username,
      picture: user.picture,
      locale: user.locale,
      zoneinfo: user.zoneinfo,
      updated_at: Math.floor(user.updatedAt.getTime() / 1000),
    }),
    ...(scopes.includes('email') && { email: user.email, email_verified: user.emailVerified }),
    ...(scopes.includes('phone') &&
      user.phoneNumber && {
        phone_number: user.phoneNumber,
        phone_number_verified: user.phoneNumberVerified,
      }),
    ...(held && { roles: (held.get(user.id) ?? []).map((role) => role.slug) }),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined && value !== null));
}
