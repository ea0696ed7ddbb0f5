import { listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { agentSchema, agentStatus, agentType, agentWithSecretSchema } from './agent-view.js';

const common = { mount: 'org', access: requires('admin:agents'), tag: 'Agents' } as const;
const params = z.object({ agentId: z.string().max(128) });
const notFound = { 404: ['resource_not_found'] } as const;

/** What is asked is checked again, and named, by the operation; this only bounds the work. */
const capabilities = z.array(z.string().max(1024)).max(1000);

const fields = {
  name: z.string().max(1000),
  description: z.string().max(2000).nullable().optional(),
  type: agentType.optional(),
  capabilities: capabilities.optional(),
  canActOnBehalfOfUsers: z.boolean().optional(),
};

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/agents',
  summary: 'List agents',
  query: listQuery.extend({
    status: agentStatus.optional(),
    type: agentType.optional(),
    sortBy: z.enum(['name', 'type', 'status', 'createdAt', 'updatedAt']).optional(),
  }),
  responses: { 200: listOf(agentSchema) },
});

export const createRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents',
  summary: 'Create an agent; the answer holds its client secret, once',
  body: z.object(fields),
  responses: { 201: single(agentWithSecretSchema) },
  errors: { 400: ['validation_error'] },
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/agents/:agentId',
  summary: 'Read an agent, by id or agentId',
  params,
  responses: { 200: single(agentSchema) },
  errors: notFound,
});

export const updateRoute = route({
  ...common,
  method: ['PUT', 'PATCH'],
  path: '/admin/agents/:agentId',
  summary: 'Change an agent; what is absent stays as it is',
  params,
  body: z.object({ ...fields, name: fields.name.optional() }),
  responses: { 200: single(agentSchema) },
  errors: { 400: ['validation_error'], ...notFound },
});

export const deleteRoute = route({
  ...common,
  method: 'DELETE',
  path: '/admin/agents/:agentId',
  summary: 'Delete an agent; its tokens and everything delegated through it end',
  params,
  responses: { 200: messageOnly },
  errors: notFound,
});

const withAgent = z.object({ message: z.string(), agent: agentSchema });

export const enableRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents/:agentId/enable',
  summary: 'Let a disabled agent act again',
  params,
  responses: { 200: withAgent },
  errors: notFound,
});

export const disableRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents/:agentId/disable',
  summary: 'Stop an agent; its tokens and everything delegated through it end',
  params,
  responses: { 200: withAgent },
  errors: notFound,
});

export const activateRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents/:agentId/activate',
  summary: 'The same as enable',
  params,
  responses: { 200: single(agentSchema) },
  errors: notFound,
});

export const deactivateRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents/:agentId/deactivate',
  summary: 'The same as disable',
  params,
  responses: { 200: single(agentSchema) },
  errors: notFound,
});

export const rotateCredentialsRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/agents/:agentId/rotate-credentials',
  summary: 'Give an agent a new client secret; the answer holds it, once',
  params,
  /** How long the old secret still counts beside the new one, up to a day; 0, the default, kills it at once. */
  body: z.object({ overlapSeconds: z.int().min(0).max(86_400).optional() }).optional(),
  responses: { 200: single(agentWithSecretSchema.extend({ oldSecretEndsAt: z.iso.datetime() })) },
  errors: notFound,
});

export const readScopesRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/agents/:agentId/scopes',
  summary: 'List the capabilities of an agent',
  params,
  responses: { 200: listOf(z.string()) },
  errors: notFound,
});

export const writeScopesRoute = route({
  ...common,
  method: 'PUT',
  path: '/admin/agents/:agentId/scopes',
  summary: 'Replace the capabilities of an agent',
  params,
  body: z.object({ scopes: capabilities }),
  responses: { 200: single(z.array(z.string())) },
  errors: { 400: ['validation_error'], ...notFound },
});
