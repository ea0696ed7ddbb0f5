import { instanceOperator, listOf, listQuery, route, single } from '@lumo/service';
import { z } from 'zod';
import { apiKeyView } from './api-key-routes.js';
import { isoTime, line, sortKeys } from './fields.js';
import { createUserBody } from './user-schemas.js';

const mount = 'root' as const;
const tag = 'Instance';
const access = instanceOperator();

export const orgView = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    status: z.string(),
    issuer: z.string(),
    createdAt: isoTime,
  })
  .meta({ id: 'Org' });

const createdOrgView = orgView.extend({
  admin: z.object({ id: z.uuid(), email: z.string() }).optional(),
  apiKey: z.object({ id: z.string(), name: z.string(), scopes: z.array(z.string()), key: z.string() }).optional(),
});

/** For the operator of the installation, with an instance key. */
export const instanceRoutes = {
  listOrgs: route({
    method: 'GET',
    path: '/api/v1/instance/orgs',
    mount,
    tag,
    access,
    summary: 'List organizations',
    query: listQuery.extend({ sortBy: sortKeys('createdAt', 'name', 'slug').optional() }),
    responses: { 200: listOf(orgView) },
  }),
  createOrg: route({
    method: 'POST',
    path: '/api/v1/instance/orgs',
    mount,
    tag,
    access,
    summary: 'Create an organization, with its first administrator and key where they are named',
    body: z.strictObject({
      slug: z.string().max(200),
      name: line(200).optional(),
      admin: createUserBody.omit({ roles: true }).optional(),
      apiKey: z.strictObject({ name: line(200), scopes: z.array(z.string().min(1).max(64)).min(1).max(50) }).optional(),
    }),
    responses: { 201: single(createdOrgView) },
    errors: { 409: ['duplicate_resource'] },
  }),
  createApiKey: route({
    method: 'POST',
    path: '/api/v1/instance/orgs/:slug/api-keys',
    mount,
    tag,
    access,
    summary: 'Create an API key of an organization whose keys are lost; it is shown once',
    params: z.object({ slug: z.string().max(200) }),
    body: z.strictObject({ name: line(200), scopes: z.array(z.string().min(1).max(64)).min(1).max(50) }),
    responses: { 201: single(apiKeyView.extend({ key: z.string(), _note: z.string() })) },
    errors: { 404: ['tenant_not_found'] },
  }),
};
