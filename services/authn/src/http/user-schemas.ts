import { listQuery } from '@lumo/service';
import { z } from 'zod';
import {
  flag,
  isoTime,
  line,
  locale,
  phoneNumber,
  reference,
  roleSlugs,
  sortKeys,
  webAddress,
  zoneinfo,
} from './fields.js';

const profile = {
  username: line(64).nullish(),
  name: line(200).nullish(),
  givenName: line(100).nullish(),
  familyName: line(100).nullish(),
  picture: webAddress.nullish(),
  phoneNumber: phoneNumber.nullish(),
  locale: locale.nullish(),
  zoneinfo: zoneinfo.nullish(),
  emailVerified: z.boolean().optional(),
  isActive: z.boolean().optional(),
};

const email = z.string().min(3).max(320);
export const password = z.string().min(1).max(4096);

/** Members that are not named here are refused: nothing reaches a column that the contract does not offer. */
export const createUserBody = z.strictObject({
  email,
  password: password.optional(),
  ...profile,
  roles: roleSlugs.optional(),
});
export const updateUserBody = z.strictObject({ email: email.optional(), ...profile });
export const passwordBody = z.strictObject({ password });
export const rolesBody = z.strictObject({ roles: roleSlugs });
export const permissionsBody = z.strictObject({ permissions: roleSlugs });
export const userParams = z.object({ userId: reference });
export const userPermissionParams = z.object({ userId: reference, permissionId: reference });
export const userRoleParams = z.object({ userId: reference, roleId: reference });

export const usersQuery = listQuery.extend({
  sortBy: sortKeys('createdAt', 'updatedAt', 'email', 'name', 'username', 'lastLoginAt', 'loginCount').optional(),
  blocked: flag.optional(),
  active: flag.optional(),
  role: reference.optional(),
  group: z.never('Users cannot be filtered by group.').optional(),
});

export const roleView = z.object({ id: z.string(), slug: z.string(), name: z.string() });

export const permissionView = z.object({
  id: z.int(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
});

/** Contract 8.1. */
export const userView = z
  .object({
    id: z.uuid(),
    email: z.string(),
    username: z.string().nullable(),
    name: z.string().nullable(),
    givenName: z.string().nullable(),
    familyName: z.string().nullable(),
    picture: z.string().nullable(),
    emailVerified: z.boolean(),
    phoneNumber: z.string().nullable(),
    phoneNumberVerified: z.boolean(),
    isActive: z.boolean(),
    blocked: z.boolean(),
    mfaEnabled: z.boolean(),
    isAdmin: z.boolean(),
    createdAt: isoTime,
    lastLoginAt: isoTime.nullable(),
    loginCount: z.int(),
  })
  .meta({ id: 'User' });

export const userDetailView = userView
  .extend({
    roles: z.array(roleView),
    groups: z.array(roleView),
    locale: z.string().nullable(),
    zoneinfo: z.string().nullable(),
    updatedAt: isoTime,
    blockedAt: isoTime.nullable(),
    isJitProvisioned: z.boolean(),
  })
  .meta({ id: 'UserDetail' });
