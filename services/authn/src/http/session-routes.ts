import { listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { flag, isoTime, reference } from './fields.js';

const mount = 'org' as const;
const access = requires('admin:users');
const number = z
  .string()
  .regex(/^\d{1,16}$/, 'Write the integer id of the list.')
  .transform(Number);
const userParams = z.object({ userId: reference });
const notFound = { 404: ['resource_not_found'] } as const;
const ended = single(z.object({ revoked: z.int() }));

/** Contract 7.5. */
export const sessionView = z
  .object({
    id: z.int(),
    userId: z.string(),
    userEmail: z.string(),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: isoTime,
    lastActivityAt: isoTime,
    expiresAt: isoTime,
    isActive: z.boolean(),
    clients: z.array(z.string()),
  })
  .meta({ id: 'UserSession' });

export const tokenView = z
  .object({
    id: z.int(),
    clientId: z.string(),
    userId: z.string(),
    scopes: z.array(z.string()),
    revoked: z.boolean(),
    expiresAt: isoTime,
    createdAt: isoTime,
    isExpired: z.boolean(),
  })
  .meta({ id: 'OAuthAccessToken' });

const sessions = { mount, tag: 'Sessions', access } as const;
const tokens = { mount, tag: 'Tokens', access } as const;

/** Browser sessions, and what clients hold of people. */
export const sessionRoutes = {
  list: route({
    ...sessions,
    method: 'GET',
    path: '/admin/sessions',
    summary: 'List sessions',
    query: listQuery.extend({ userId: reference.optional(), ipAddress: z.string().max(64).optional() }),
    responses: { 200: listOf(sessionView) },
    errors: notFound,
  }),
  count: route({
    ...sessions,
    method: 'GET',
    path: '/admin/sessions/count',
    summary: 'Count the sessions that are alive',
    responses: { 200: z.object({ count: z.int() }) },
  }),
  stats: route({
    ...sessions,
    method: 'GET',
    path: '/admin/sessions/stats',
    summary: 'Count sessions that are alive and that ran out',
    responses: { 200: z.object({ total: z.int(), active: z.int(), inactive: z.int() }) },
  }),
  revoke: route({
    ...sessions,
    method: 'DELETE',
    path: '/admin/sessions/:sessionId',
    summary: 'End a session and what was issued in it',
    params: z.object({ sessionId: number }),
    responses: { 200: messageOnly },
    errors: notFound,
  }),
  revokeAll: route({
    ...sessions,
    method: 'POST',
    path: '/admin/sessions/revoke-all',
    access: requires('admin:settings'),
    summary: 'End every session of the organization',
    body: z.strictObject({ confirm: z.literal(true, 'Send {"confirm": true}: this signs everybody out.') }),
    responses: { 200: ended },
  }),
  listOfUser: route({
    ...sessions,
    method: 'GET',
    path: '/admin/users/:userId/sessions',
    summary: 'List the sessions of a user',
    params: userParams,
    query: listQuery,
    responses: { 200: listOf(sessionView) },
    errors: notFound,
  }),
  revokeOfUser: route({
    ...sessions,
    method: 'DELETE',
    path: '/admin/users/:userId/sessions',
    summary: 'End every session of a user',
    params: userParams,
    responses: { 200: ended },
    errors: notFound,
  }),
  revokeOfUserByPost: route({
    ...sessions,
    method: 'POST',
    path: '/admin/users/:userId/sessions/revoke',
    summary: 'The same as DELETE of the sessions',
    params: userParams,
    responses: { 200: ended },
    errors: notFound,
  }),
  listTokens: route({
    ...tokens,
    method: 'GET',
    path: '/admin/tokens',
    summary: 'List what clients hold of people: one entry for all tokens of a session at a client',
    query: listQuery.extend({
      userId: reference.optional(),
      clientId: reference.optional(),
      revoked: flag.optional(),
    }),
    responses: { 200: listOf(tokenView) },
    errors: notFound,
  }),
  revokeToken: route({
    ...tokens,
    method: 'DELETE',
    path: '/admin/tokens/:tokenId',
    summary: 'End every token of an entry',
    params: z.object({ tokenId: number }),
    responses: { 200: messageOnly },
    errors: notFound,
  }),
  revokeUserTokens: route({
    ...tokens,
    method: 'DELETE',
    path: '/admin/users/:userId/tokens',
    summary: 'End every token and session of a user',
    params: userParams,
    responses: { 200: messageOnly },
    errors: notFound,
  }),
  revokeUserTokensByPost: route({
    ...tokens,
    method: 'POST',
    path: '/admin/users/:userId/tokens/revoke',
    summary: 'The same as DELETE of the tokens',
    params: userParams,
    responses: { 200: messageOnly },
    errors: notFound,
  }),
  revokeClientTokens: route({
    ...tokens,
    access: requires('admin:clients'),
    method: 'DELETE',
    path: '/admin/clients/:clientId/tokens',
    summary: 'End every token of a client',
    params: z.object({ clientId: reference }),
    responses: { 200: messageOnly },
    errors: notFound,
  }),
  revokeClientTokensByPost: route({
    ...tokens,
    access: requires('admin:clients'),
    method: 'POST',
    path: '/admin/clients/:clientId/tokens/revoke',
    summary: 'The same as DELETE of the tokens',
    params: z.object({ clientId: reference }),
    responses: { 200: messageOnly },
    errors: notFound,
  }),
};
