import { randomBytes } from 'node:crypto';

/** Prefixes of public ids: an id says what it names. */
export const ID_PREFIXES = {
  agent: 'agt',
  apiKey: 'key',
  attribute: 'att',
  client: 'cli',
  event: 'evt',
  initialAccessToken: 'iat',
  permission: 'prm',
  policy: 'pol',
  resource: 'res',
  role: 'rol',
  session: 'ses',
  signingKey: 'sig',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A new id of 120 random bits, e.g. `agt_4k2n…` (Crockford base32, lower case). */
export function newId(kind: IdKind): string {
  let text = '';
  for (const byte of randomBytes(24)) text += ALPHABET[byte & 31];
  return `${ID_PREFIXES[kind]}_${text}`;
}

/** UUID version 7 (RFC 9562 section 5.7): sorts by creation time, so that index inserts stay local. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A secret of 256 random bits, base64url, with a prefix that secret scanners can recognise. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}
