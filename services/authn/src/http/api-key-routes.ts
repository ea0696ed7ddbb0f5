import { listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { isoTime, line, reference, sortKeys } from './fields.js';

const mount = 'org' as const;
const tag = 'API keys';
const access = requires('admin:keys');

const members = {
  name: line(200),
  scopes: z.array(z.string().min(1).max(64)).min(1).max(50),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .nullable(),
};
const params = z.object({ keyId: reference });

export const apiKeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    /** First characters of the key. */
    prefix: z.string(),
    scopes: z.array(z.string()),
    createdBy: z.string(),
    createdAt: isoTime,
    updatedAt: isoTime,
    lastUsedAt: isoTime.nullable(),
    expiresAt: isoTime.nullable(),
  })
  .meta({ id: 'ApiKey' });

/** Keys of the org (contract 1.4). A key never gives more than its maker has. */
export const apiKeyRoutes = {
  list: route({
    method: 'GET',
    path: '/admin/api-keys',
    mount,
    tag,
    access,
    summary: 'List API keys',
    query: listQuery.extend({ sortBy: sortKeys('createdAt', 'name', 'lastUsedAt').optional() }),
    responses: { 200: listOf(apiKeyView) },
  }),
  create: route({
    method: 'POST',
    path: '/admin/api-keys',
    mount,
    tag,
    access,
    summary: 'Create an API key; it is shown once',
    body: z.strictObject({ ...members, expiresAt: members.expiresAt.optional() }),
    responses: { 201: single(apiKeyView.extend({ key: z.string(), _note: z.string() })) },
  }),
  read: route({
    method: 'GET',
    path: '/admin/api-keys/:keyId',
    mount,
    tag,
    access,
    summary: 'Read an API key',
    params,
    responses: { 200: single(apiKeyView) },
    errors: { 404: ['resource_not_found'] },
  }),
  update: route({
    method: ['PUT', 'PATCH'],
    path: '/admin/api-keys/:keyId',
    mount,
    tag,
    access,
    summary: 'Change name, scopes or end of an API key',
    params,
    body: z.strictObject(members).partial(),
    responses: { 200: single(apiKeyView) },
    errors: { 404: ['resource_not_found'] },
  }),
  remove: route({
    method: 'DELETE',
    path: '/admin/api-keys/:keyId',
    mount,
    tag,
    access,
    summary: 'Delete an API key',
    params,
    responses: { 200: messageOnly },
    errors: { 404: ['resource_not_found'] },
  }),
};
