import { type JsonWebKey, X509Certificate } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import type { ClientJwks } from './client-protocol.js';

const MAX_KEYS = 20;
const MAX_CHARS = 16_384;
const MAX_PUBLISHED_KEYS = 50;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;
/** RFC 7517 and RFC 8037: what makes a private or symmetric key. RFC 8725 section 3.10 forbids URLs that lead to one. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const FORBIDDEN = [...SECRET_MEMBERS, 'x5u'];
const CURVES = ['P-256', 'P-384', 'P-521'];
const OKP_CURVES = ['Ed25519', 'X25519'];
const KID = /^[\x21-\x7e]{1,128}$/;

/** Judges the JWK Set of a client (RFC 7517 section 5): public keys that are strong enough, each findable by its kid. */
export function checkClientJwks(jwks: unknown): Result<ClientJwks, string> {
  if (!isRecord(jwks) || !Array.isArray(jwks.keys)) return err('Send a JWK Set: an object with the member keys.');
  if (jwks.keys.length === 0 || jwks.keys.length > MAX_KEYS) return err(`A JWK Set has 1 to ${MAX_KEYS} keys.`);
  if (JSON.stringify(jwks).length > MAX_CHARS) return err(`A JWK Set has at most ${MAX_CHARS} characters.`);
  for (const [index, jwk] of jwks.keys.entries()) {
    const problem = isRecord(jwk) ? problemOf(jwk) : 'a key is a JSON object';
    if (problem) return err(`keys[${index}]: ${problem}.`);
  }
  const keys = jwks.keys as readonly JsonWebKey[];
  const kids = keys.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : []));
  if (keys.length > 1 && kids.length < keys.length) return err('Give every key a kid where there are several.');
  if (new Set(kids).size < kids.length) return err('Two keys have the same kid.');
  return ok({ keys });
}

/**
 * Reads the JWK Set that a client publishes. Keys that mean nothing to us are left out, because such a set may be meant for
 * others too; one that gives a private key away is not used at all.
 */
export function readPublishedJwks(document: unknown): ClientJwks | undefined {
  if (!isRecord(document) || !Array.isArray(document.keys)) return undefined;
  const all = document.keys.filter(isRecord);
  const leaks = all.some((jwk) => jwk.kty === 'oct' || SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name)));
  if (leaks || all.length > MAX_PUBLISHED_KEYS) return undefined;
  const keys = all.filter((jwk) => problemOf(jwk) === undefined) as readonly JsonWebKey[];
  return keys.length > 0 ? { keys } : undefined;
}

function problemOf(jwk: Record<string, unknown>): string | undefined {
  const forbidden = FORBIDDEN.find((name) => Object.hasOwn(jwk, name));
  if (forbidden) return `the member ${forbidden} does not belong into a public key`;
  if (jwk.kid !== undefined && !(typeof jwk.kid === 'string' && KID.test(jwk.kid))) {
    return 'a kid is printable ASCII of at most 128 characters';
  }
  if (jwk.use !== undefined && jwk.use !== 'sig' && jwk.use !== 'enc') return 'use is sig or enc';
  if (jwk.alg !== undefined && (typeof jwk.alg !== 'string' || /^(?:none|HS)/i.test(jwk.alg))) {
    return 'alg names an asymmetric algorithm';
  }
  if (jwk.x5c !== undefined && !(Array.isArray(jwk.x5c) && jwk.x5c.length > 0 && jwk.x5c.every(isCertificate))) {
    return 'x5c is a list of certificates in base64';
  }
  switch (jwk.kty) {
    case 'EC':
      return CURVES.includes(String(jwk.crv)) && areText(jwk.x, jwk.y)
        ? undefined
        : `an EC key is on ${CURVES.join(', ')}`;
    case 'OKP':
      return OKP_CURVES.includes(String(jwk.crv)) && areText(jwk.x)
        ? undefined
        : `an OKP key is on ${OKP_CURVES.join(' or ')}`;
    case 'RSA':
      return problemOfRsa(jwk);
    default:
      return 'kty is EC, OKP or RSA';
  }
}

function problemOfRsa({ n, e }: Record<string, unknown>): string | undefined {
  if (!areText(n, e)) return 'an RSA key has n and e';
  const bits = Buffer.from(String(n), 'base64url').length * 8;
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS
    ? undefined
    : `an RSA key has ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`;
}

function isCertificate(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    return new X509Certificate(Buffer.from(text, 'base64')).raw.length > 0;
  } catch {
    return false;
  }
}

function areText(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
