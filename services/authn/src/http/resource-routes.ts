import { listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { isoTime, line, reference, sortKeys } from './fields.js';

const mount = 'org' as const;
const tag = 'Resources';
const access = requires('admin:clients');
const params = z.object({ resourceId: reference });
const members = {
  name: line(200),
  mode: z.enum(['exact', 'prefix']),
  scopes: z.array(z.string().min(1).max(128)).max(100),
};

export const resourceView = z
  .object({
    id: z.string(),
    name: z.string(),
    identifier: z.string(),
    mode: z.string(),
    scopes: z.array(z.string()),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Resource' });

/** Resources (RFC 8707) for which every client of the org may ask tokens: APIs, MCP servers. */
export const resourceRoutes = {
  list: route({
    method: 'GET',
    path: '/admin/resources',
    mount,
    tag,
    access,
    summary: 'List resources',
    query: listQuery.extend({ sortBy: sortKeys('createdAt', 'name', 'identifier').optional() }),
    responses: { 200: listOf(resourceView) },
  }),
  create: route({
    method: 'POST',
    path: '/admin/resources',
    mount,
    tag,
    access,
    summary: 'Create a resource: its identifier becomes the audience of tokens for it',
    body: z.strictObject({
      name: members.name,
      identifier: z.string().min(1).max(1024),
      mode: members.mode.default('exact'),
      scopes: members.scopes.default([]),
    }),
    responses: { 201: single(resourceView) },
    errors: { 409: ['duplicate_resource', 'limit_reached'] },
  }),
  read: route({
    method: 'GET',
    path: '/admin/resources/:resourceId',
    mount,
    tag,
    access,
    summary: 'Read a resource',
    params,
    responses: { 200: single(resourceView) },
    errors: { 404: ['resource_not_found'] },
  }),
  update: route({
    method: ['PUT', 'PATCH'],
    path: '/admin/resources/:resourceId',
    mount,
    tag,
    access,
    summary: 'Change name, mode or scopes of a resource',
    params,
    body: z.strictObject(members).partial(),
    responses: { 200: single(resourceView) },
    errors: { 404: ['resource_not_found'] },
  }),
  remove: route({
    method: 'DELETE',
    path: '/admin/resources/:resourceId',
    mount,
    tag,
    access,
    summary: 'Delete a resource: nobody gets tokens for it any more',
    params,
    responses: { 200: messageOnly },
    errors: { 404: ['resource_not_found'] },
  }),
};
