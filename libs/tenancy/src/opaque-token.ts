import { randomBytes } from 'node:crypto';
import { isUuid } from '@lumo/kit';

/** What every opaque access token begins with, so that a leaked one is recognised. */
export const OPAQUE_TOKEN_PREFIX = 'oat_';

const ORG_BYTES = 16;
const RANDOM_BYTES = 32;
const BODY = /^oat_[A-Za-z0-9_-]{64}$/;

/** An opaque access token: 256 random bits behind the org in which it is looked up. It says nothing else. */
export function newOpaqueToken(orgId: string): string {
  const org = Buffer.from(orgId.replaceAll('-', ''), 'hex');
  return OPAQUE_TOKEN_PREFIX + Buffer.concat([org, randomBytes(RANDOM_BYTES)]).toString('base64url');
}

/** The id of the org that an opaque token names; undefined for anything else. Nothing proves that it was issued there. */
export function orgOfOpaqueToken(token: string): string | undefined {
  if (!BODY.test(token)) return undefined;
  const hex = Buffer.from(token.slice(OPAQUE_TOKEN_PREFIX.length), 'base64url').subarray(0, ORG_BYTES).toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return isUuid(id) ? id : undefined;
}
