import { listOf, listQuery, messageOnly, requires, route, single } from '@lumo/service';
import { SIGNING_ALGORITHMS } from '@lumo/token-signing';
import { z } from 'zod';
import { isoTime } from './fields.js';

const mount = 'org' as const;
const tag = 'Signing keys';
const access = requires('admin:settings');
const alg = z.enum(SIGNING_ALGORITHMS);
/** Without it a successor is published first and takes over a day later. */
const atOnce = z.boolean().default(false);

export const signingKeyView = z
  .object({
    kid: z.string(),
    alg: z.string(),
    state: z.enum(['next', 'active', 'retired']),
    createdAt: isoTime,
    activatedAt: isoTime.nullable(),
    retiredAt: isoTime.nullable(),
    expiresAt: isoTime.nullable(),
    publicJwk: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'SigningKey' });

/** The keys that the org signs tokens with (contract 8.12). Private halves never leave. */
export const signingKeyRoutes = {
  list: route({
    method: 'GET',
    path: '/admin/signing-keys',
    mount,
    tag,
    access,
    summary: 'List signing keys',
    query: listQuery,
    responses: { 200: listOf(signingKeyView) },
  }),
  rotate: route({
    method: 'POST',
    path: '/admin/signing-keys/rotate',
    mount,
    tag,
    access,
    summary: 'Make a successor of the active key',
    body: z.strictObject({ alg: alg.optional(), atOnce }),
    responses: { 201: single(signingKeyView) },
    errors: { 400: ['unsupported_signing_alg'], 409: ['signing_key_pending'] },
  }),
  import: route({
    method: 'POST',
    path: '/admin/signing-keys/import',
    mount,
    tag,
    access,
    summary: 'Import a private key as the successor of the active one',
    body: z.strictObject({
      alg,
      privateKey: z.union([z.string().min(1).max(20_000), z.record(z.string().max(20), z.unknown())]),
      atOnce,
    }),
    responses: { 201: single(signingKeyView) },
    errors: { 400: ['unsupported_signing_alg', 'invalid_signing_key'], 409: ['signing_key_pending'] },
  }),
  remove: route({
    method: 'DELETE',
    path: '/admin/signing-keys/:kid',
    mount,
    tag,
    access,
    summary: 'Take a key that does not sign out of the key set',
    params: z.object({ kid: z.string().min(1).max(128) }),
    responses: { 200: messageOnly },
    errors: { 404: ['signing_key_not_found'], 409: ['signing_key_in_use'] },
  }),
};
