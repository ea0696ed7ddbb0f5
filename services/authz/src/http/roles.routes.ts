import { listOf, listQuery, messageOnly, route, single } from '@lumo/service';
import { z } from 'zod';
import { admin, description, flag, name, permissionReference, reference } from './admin-input.js';
import { memberSchema, permissionSchema, roleDetailSchema, roleSchema } from './views.js';

const common = { ...admin, tag: 'Roles' } as const;
const params = z.object({ roleId: reference });
const notFound = { 404: ['resource_not_found'] } as const;
const slug = z.string().max(20_000);
/** As many as an organization can have. */
const permissions = z.array(permissionReference).max(5_000);

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/roles',
  summary: 'List roles',
  query: listQuery.extend({ isSystem: flag.optional() }),
  responses: { 200: listOf(roleSchema) },
});

export const createRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/roles',
  summary: 'Create a role',
  body: z.object({ name, slug: slug.optional(), description, permissions: permissions.optional() }),
  responses: { 201: single(roleDetailSchema) },
  errors: { 400: ['validation_error'], 409: ['duplicate_resource', 'limit_reached'] },
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/roles/:roleId',
  summary: 'Read a role, by id or slug',
  params,
  responses: { 200: single(roleDetailSchema) },
  errors: notFound,
});

export const updateRoute = route({
  ...common,
  method: ['PUT', 'PATCH'],
  path: '/admin/roles/:roleId',
  summary: 'Change a role; what is absent stays as it is, `permissions` replaces what it carries',
  params,
  body: z.object({ name: name.optional(), slug: slug.optional(), description, permissions: permissions.optional() }),
  responses: { 200: single(roleDetailSchema) },
  errors: { 400: ['validation_error'], ...notFound, 409: ['duplicate_resource', 'limit_reached'] },
});

export const deleteRoute = route({
  ...common,
  method: 'DELETE',
  path: '/admin/roles/:roleId',
  summary: 'Delete a role, also from everyone who has it',
  params,
  responses: { 200: messageOnly },
  errors: notFound,
});

const permissionsBody = z.object({ permissions });
const changedPermissions = z.object({ data: z.array(permissionSchema.partial()), message: z.string() });

export const listPermissionsRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/roles/:roleId/permissions',
  summary: 'List what a role carries',
  params,
  query: listQuery,
  responses: { 200: listOf(permissionSchema) },
  errors: notFound,
});

export const addPermissionsRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/roles/:roleId/permissions',
  summary: 'Add permissions to a role',
  params,
  body: permissionsBody,
  responses: { 200: changedPermissions },
  errors: { 400: ['validation_error'], ...notFound, 409: ['limit_reached'] },
});

export const replacePermissionsRoute = route({
  ...common,
  method: 'PUT',
  path: '/admin/roles/:roleId/permissions',
  summary: 'Replace what a role carries; an empty list clears it',
  params,
  body: permissionsBody,
  responses: { 200: changedPermissions },
  errors: { 400: ['validation_error'], ...notFound, 409: ['limit_reached'] },
});

export const removePermissionRoute = route({
  ...common,
  method: 'DELETE',
  path: '/admin/roles/:roleId/permissions/:permissionId',
  summary: 'Take a permission from a role',
  params: z.object({ roleId: reference, permissionId: reference }),
  responses: { 200: messageOnly },
  errors: notFound,
});

const userReference = z.string().min(1).max(320);
const users = z.array(userReference).min(1).max(500);

export const listMembersRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/roles/:roleId/users',
  summary: 'List the people who have a role',
  params,
  query: listQuery,
  responses: { 200: listOf(memberSchema) },
  errors: notFound,
});

export const addMembersRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/roles/:roleId/users',
  summary: 'Give a role to people, by id or e-mail address',
  params,
  body: z
    .object({ users: users.optional(), userIds: users.optional() })
    .refine((body) => body.users ?? body.userIds, { path: ['users'], message: 'is required: ids or e-mail addresses' }),
  responses: { 200: messageOnly },
  errors: { 400: ['validation_error'], ...notFound },
});

export const removeMemberRoute = route({
  ...common,
  method: 'DELETE',
  path: '/admin/roles/:roleId/users/:userId',
  summary: 'Take a role from a person',
  params: z.object({ roleId: reference, userId: reference }),
  responses: { 200: messageOnly },
  errors: notFound,
});
