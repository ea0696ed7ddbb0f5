import { listOf, listQuery, messageOnly, route, single } from '@lumo/service';
import { z } from 'zod';
import { admin, description, flag, name, reference, text } from './admin-input.js';
import { permissionDetailSchema, permissionSchema, roleSchema } from './views.js';

const common = { ...admin, tag: 'Permissions' } as const;
const params = z.object({ permissionId: reference });
const notFound = { 404: ['resource_not_found'] } as const;
const slug = z.string().max(20_000);
const fields = {
  description,
  resource: text(255).nullish(),
  action: text(255).nullish(),
  category: text(255).nullish(),
};

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/permissions',
  summary: 'List permissions',
  query: listQuery.extend({ category: z.string().max(255).optional(), isSystem: flag.optional() }),
  responses: { 200: listOf(permissionSchema) },
});

export const createRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/permissions',
  summary: 'Create a permission, by name or slug',
  body: z.object({ name: name.optional(), slug: slug.optional(), ...fields }),
  responses: { 201: single(permissionSchema) },
  errors: { 400: ['validation_error'], 409: ['duplicate_resource', 'limit_reached'] },
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/permissions/:permissionId',
  summary: 'Read a permission, by id or slug',
  params,
  responses: { 200: single(permissionDetailSchema) },
  errors: notFound,
});

export const updateRoute = route({
  ...common,
  method: ['PUT', 'PATCH'],
  path: '/admin/permissions/:permissionId',
  summary: 'Change a permission; what is absent stays as it is',
  params,
  body: z.object({ name: name.optional(), slug: slug.optional(), ...fields }),
  responses: { 200: single(permissionDetailSchema) },
  errors: { 400: ['validation_error'], ...notFound, 409: ['duplicate_resource'] },
});

export const deleteRoute = route({
  ...common,
  method: 'DELETE',
  path: '/admin/permissions/:permissionId',
  summary: 'Delete a permission, also from everyone who has it',
  params,
  responses: { 200: messageOnly },
  errors: notFound,
});

const usage = {
  ...common,
  method: 'GET',
  params,
  query: listQuery,
  responses: { 200: listOf(roleSchema) },
  errors: notFound,
} as const;

export const usageRoute = route({
  ...usage,
  path: '/admin/permissions/:permissionId/usage',
  summary: 'List the roles that include a permission',
});

export const rolesRoute = route({
  ...usage,
  path: '/admin/permissions/:permissionId/roles',
  summary: 'The same as usage',
});
