import { clientAuth, listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { isoTime, line, reference, sortKeys } from './fields.js';

const mount = 'org' as const;
const DAY = 24 * 3600;

/** Metadata in the words of RFC 7591: unknown members are ignored, so that the operation judges and not the schema. */
const metadata = z.record(z.string().max(128), z.unknown());
const registered = z
  .looseObject({
    client_id: z.string(),
    client_id_issued_at: z.int(),
    client_secret: z.string().optional(),
    client_secret_expires_at: z.int().optional(),
    registration_access_token: z.string().optional(),
    registration_client_uri: z.string(),
    client_name: z.string(),
    redirect_uris: z.array(z.string()),
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    token_endpoint_auth_method: z.string(),
  })
  .meta({ id: 'RegisteredClient' });
const params = z.object({ clientId: reference });
const registrationErrors = ['invalid_client_metadata', 'invalid_redirect_uri', 'unapproved_software_statement'];

/** Contract 2.15, RFC 7591 and RFC 7592. The credential is judged by the operation: a key, or a token of its own. */
export const registrationRoutes = {
  register: route({
    method: 'POST',
    path: '/connect/register',
    aliases: ['/oauth/register', '/oidc/register'],
    mount,
    tag: 'OAuth',
    access: clientAuth(),
    summary: 'Register a client (RFC 7591): with an API key, an initial access token, or nothing, as the org has it',
    body: metadata,
    responses: { 201: registered },
    errors: {
      400: registrationErrors,
      401: ['invalid_token', 'access_denied'],
      403: ['access_denied'],
      409: ['limit_reached'],
    },
  }),
  read: route({
    method: 'GET',
    path: '/connect/register/:clientId',
    aliases: ['/oauth/register/:clientId', '/oidc/register/:clientId'],
    mount,
    tag: 'OAuth',
    access: clientAuth(),
    summary: 'Read the own registration (RFC 7592), with its registration access token',
    params,
    responses: { 200: registered },
    errors: { 401: ['invalid_token'] },
  }),
  replace: route({
    method: 'PUT',
    path: '/connect/register/:clientId',
    aliases: ['/oauth/register/:clientId', '/oidc/register/:clientId'],
    mount,
    tag: 'OAuth',
    access: clientAuth(),
    summary: 'Replace the own registration (RFC 7592); its registration access token changes',
    params,
    body: metadata,
    responses: { 200: registered },
    errors: { 400: registrationErrors, 401: ['invalid_token'] },
  }),
  remove: route({
    method: 'DELETE',
    path: '/connect/register/:clientId',
    aliases: ['/oauth/register/:clientId', '/oidc/register/:clientId'],
    mount,
    tag: 'OAuth',
    access: clientAuth(),
    summary: 'Delete the own registration (RFC 7592); every token of the client ends',
    params,
    responses: { 204: null },
    errors: { 401: ['invalid_token'] },
  }),
};

const tokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    maxUses: z.int(),
    uses: z.int(),
    createdBy: z.string(),
    createdAt: isoTime,
    expiresAt: isoTime,
  })
  .meta({ id: 'InitialAccessToken' });

export { tokenView as initialAccessTokenView };

const tag = 'Clients';
const access = requires('admin:clients');

/** Tokens with which clients may register themselves (RFC 7591 section 3). */
export const initialAccessTokenRoutes = {
  list: route({
    method: 'GET',
    path: '/admin/initial-access-tokens',
    mount,
    tag,
    access,
    summary: 'List initial access tokens',
    query: listQuery.extend({ sortBy: sortKeys('createdAt', 'name', 'expiresAt').optional() }),
    responses: { 200: listOf(tokenView) },
  }),
  create: route({
    method: 'POST',
    path: '/admin/initial-access-tokens',
    mount,
    tag,
    access,
    summary: 'Create an initial access token; it is shown once',
    body: z.strictObject({
      name: line(200),
      maxUses: z.int().min(1).max(10_000).default(1),
      /** Seconds. */
      expiresIn: z
        .int()
        .min(60)
        .max(90 * DAY)
        .default(DAY),
    }),
    responses: { 201: single(tokenView.extend({ token: z.string(), _note: z.string() })) },
  }),
  revoke: route({
    method: 'DELETE',
    path: '/admin/initial-access-tokens/:initialTokenId',
    mount,
    tag,
    access,
    summary: 'Revoke an initial access token; clients that were registered with it stay',
    params: z.object({ initialTokenId: reference }),
    responses: { 200: messageOnly },
    errors: { 404: ['resource_not_found'] },
  }),
};
