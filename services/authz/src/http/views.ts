import { z } from 'zod';
import type { DetailedRole } from '../app/read-roles.js';
import type { CountedRole, Member, Permission } from '../ports.js';

export const permissionSchema = z.object({
  id: z.int(),
  name: z.string(),
  slug: z.string(),
  description: z.string().nullable(),
  resource: z.string().nullable(),
  action: z.string().nullable(),
  category: z.string().nullable(),
  isSystem: z.boolean(),
  isCustom: z.boolean(),
  createdAt: z.iso.datetime(),
});
export const permissionDetailSchema = permissionSchema.extend({ roleCount: z.int() });
export type PermissionView = z.infer<typeof permissionSchema>;

export function viewPermission(permission: Permission): PermissionView {
  const { id, name, slug, description, resource, action, category, isSystem, createdAt } = permission;
  return {
    id,
    name,
    slug,
    description,
    resource,
    action,
    category,
    isSystem,
    isCustom: !isSystem,
    createdAt: createdAt.toISOString(),
  };
}

export const roleSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  description: z.string().nullable(),
  isSystem: z.boolean(),
  userCount: z.int(),
  permissionCount: z.int(),
  createdAt: z.iso.datetime(),
});
export type RoleView = z.infer<typeof roleSchema>;

const permissionInRole = permissionSchema.pick({ id: true, name: true, slug: true, resource: true, action: true });
export const roleDetailSchema = roleSchema.extend({
  permissions: z.array(permissionInRole),
  updatedAt: z.iso.datetime(),
});
export type RoleDetailView = z.infer<typeof roleDetailSchema>;

export function viewRole({ createdAt, ...role }: CountedRole): RoleView {
  const { id, name, slug, description, isSystem, userCount, permissionCount } = role;
  return { id, name, slug, description, isSystem, userCount, permissionCount, createdAt: createdAt.toISOString() };
}

export function viewRoleDetail(role: DetailedRole): RoleDetailView {
  return {
    ...viewRole(role),
    permissions: role.permissions.map(({ id, name, slug, resource, action }) => ({ id, name, slug, resource, action })),
    updatedAt: role.updatedAt.toISOString(),
  };
}

export const memberSchema = z.object({
  id: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  username: z.string().nullable(),
});
export type MemberView = z.infer<typeof memberSchema>;

export function viewMember({ id, email, name, username }: Member): MemberView {
  return { id, email, name, username };
}
