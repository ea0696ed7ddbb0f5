import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import type { userDetailView, userView } from './user-schemas.js';

type Found = Awaited<ReturnType<AuthnApp['readUser']>>;

/** A row of the list. `mfaEnabled`: no second factors exist before mfa-risk does. */
export function viewUser({ user, roles }: Found): z.infer<typeof userView> {
  return {
    id: user.id,
    email: user.email,
    username: user.username ?? null,
    name: user.name ?? null,
    givenName: user.givenName ?? null,
    familyName: user.familyName ?? null,
    picture: user.picture ?? null,
    emailVerified: user.emailVerified,
    phoneNumber: user.phoneNumber ?? null,
    phoneNumberVerified: user.phoneNumberVerified,
    isActive: user.isActive,
    blocked: user.blocked,
    mfaEnabled: false,
    isAdmin: roles.some(({ isAdmin }) => isAdmin),
    createdAt: user.createdAt.toISOString(),
    lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
    loginCount: user.loginCount,
  };
}

export function viewUserDetail(found: Found): z.infer<typeof userDetailView> {
  const { user, roles } = found;
  return {
    ...viewUser(found),
    roles: roles.map(viewRole),
    groups: [],
    locale: user.locale ?? null,
    zoneinfo: user.zoneinfo ?? null,
    updatedAt: user.updatedAt.toISOString(),
    blockedAt: user.blockedAt?.toISOString() ?? null,
    isJitProvisioned: false,
  };
}

export function viewRole({ id, slug, name }: Found['roles'][number]): { id: string; slug: string; name: string } {
  return { id, slug, name };
}
