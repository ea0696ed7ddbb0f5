import { err, ok, type Result } from '@lumo/kit';
import type { KeySource } from './key-source.js';
import type { JwtClaims } from './mint-jwt.js';
import { parseObject, readTokenHeader } from './token-header.js';
import { type JwsRefusal, verifyCompact } from './verify-compact.js';

/** What a token must be to be accepted. */
export interface JwtExpectation {
  /** Exact `iss`. */
  readonly issuer: string;
  /** At least one of these must stand in `aud`. Leave it out only where the caller checks the audience itself. */
  readonly audience?: string | readonly string[];
  /** Exact header `typ`, e.g. `at+jwt` (the prefix `application/` may stand before it). `JWT` also accepts none. */
  readonly typ: string;
  /** Seconds by which clocks may differ. */
  readonly clockToleranceSeconds?: number;
}

export interface VerifiedJwt {
  readonly kid: string;
  readonly typ?: string;
  readonly claims: JwtClaims;
}

export type JwtRefusal =
  | JwsRefusal
  | 'wrong_typ'
  | 'unknown_key'
  | 'bad_claims'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid';

const DEFAULT_TOLERANCE_SECONDS = 5;

/**
 * Verifies a JWT (RFC 7519 section 7.2, RFC 8725): header, key by `kid` of the expected issuer, signature with the
 * key's algorithm, then `iss`, `aud`, `exp`, `nbf`, `iat`. Revocation is the caller's question.
 * @throws what `keys` throws when the issuer's keys cannot be loaded
 */
export async function verifyJwt(
  token: string,
  keys: KeySource,
  expected: JwtExpectation,
  nowMs: number,
): Promise<Result<VerifiedJwt, JwtRefusal>> {
  const header = readTokenHeader(token);
  if (!header.ok) return header;
  if (!typMatches(header.value.typ, expected.typ)) return err('wrong_typ');
  const { kid } = header.value;
  if (kid === undefined) return err('unknown_key');

  const key = await keys.find(expected.issuer, kid);
  if (!key) return err('unknown_key');
  const jws = await verifyCompact(token, key);
  if (!jws.ok) return jws;

  const claims = readClaims(jws.value.payload);
  if (!claims) return err('bad_claims');
  const refusal = checkClaims(claims, expected, nowMs);
  if (refusal) return err(refusal);
  const { typ } = header.value;
  return ok({ kid, claims, ...(typ !== undefined && { typ }) });
}

function typMatches(actual: string | undefined, expected: string): boolean {
  if (actual === undefined) return expected === 'JWT';
  return actual === expected || actual === `application/${expected}`;
}

function readClaims(payload: Uint8Array): JwtClaims | undefined {
  const claims = parseObject(payload);
  if (!claims) return undefined;
  const { iss, exp, iat, nbf, sub, aud, jti } = claims;
  const wellFormed =
    typeof iss === 'string' &&
    isTime(exp) &&
    isTime(iat) &&
    (nbf === undefined || isTime(nbf)) &&
    (sub === undefined || typeof sub === 'string') &&
    (jti === undefined || typeof jti === 'string') &&
    (aud === undefined || typeof aud === 'string' || (Array.isArray(aud) && aud.every((a) => typeof a === 'string')));
  return wellFormed ? (claims as JwtClaims) : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function checkClaims(claims: JwtClaims, expected: JwtExpectation, nowMs: number): JwtRefusal | undefined {
  const now = nowMs / 1000;
  const tolerance = expected.clockToleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  if (claims.iss !== expected.issuer) return 'wrong_issuer';
  if (expected.audience !== undefined && !intersects(claims.aud, expected.audience)) return 'wrong_audience';
  if (claims.exp <= now - tolerance) return 'expired';
  if (claims.iat > now + tolerance || (claims.nbf ?? 0) > now + tolerance) return 'not_yet_valid';
  return undefined;
}

function intersects(actual: JwtClaims['aud'], accepted: string | readonly string[]): boolean {
  const have = actual === undefined ? [] : typeof actual === 'string' ? [actual] : actual;
  const want = typeof accepted === 'string' ? [accepted] : accepted;
  return have.some((audience) => want.includes(audience));
}
