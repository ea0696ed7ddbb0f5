import { hash } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import { type CryptoKey, compactVerify, importJWK } from 'jose';
import { LRUCache } from 'lru-cache';
import type { DpopNonces } from './dpop-nonces.js';
import { MAX_TOKEN_CHARS, parseObject } from './token-header.js';

/** With which a client may sign a proof. Symmetric ones are absent on purpose (RFC 9449 section 11.6). */
export const DPOP_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519'] as const;

/** RFC 9449 section 11.1, contract 2.10: how far the clock of a client may be off. */
export const DPOP_WINDOW_SECONDS = 60;

/**
 * For how long a `jti` must be remembered so that no proof is accepted twice: a proof with a nonce holds as long as its
 * nonce does, which is five minutes at most.
 */
export const DPOP_REPLAY_SECONDS = 310;

/** What a proof must say (RFC 9449 section 4.3). */
export interface DpopExpectation {
  readonly method: string;
  /** The addresses under which the request may have been sent, without query and fragment. */
  readonly uris: readonly string[];
  /** The access token that the proof comes with; absent at a token endpoint. */
  readonly accessToken?: string;
  /** Absent: nonces are neither demanded nor accepted. */
  readonly nonce?: { readonly nonces: DpopNonces; readonly required: boolean };
}

/** A proof that holds. Whether it was seen before is the caller's question. */
export interface DpopProof {
  /** RFC 7638 thumbprint (SHA-256, base64url) of the key: what `cnf.jkt` names. */
  readonly thumbprint: string;
  readonly jti: string;
}

export type DpopRefusal =
  | 'malformed'
  | 'wrong_typ'
  | 'alg_not_allowed'
  | 'bad_key'
  | 'bad_signature'
  | 'bad_claims'
  | 'wrong_method'
  | 'wrong_uri'
  | 'wrong_token'
  | 'not_recent'
  /** A nonce is demanded, or would help a client whose clock is wrong. */
  | 'nonce_needed'
  | 'bad_nonce';

/** Verifies DPoP proofs. */
export type VerifyDpop = (
  proof: string,
  expected: DpopExpectation,
  nowMs: number,
) => Promise<Result<DpopProof, DpopRefusal>>;

interface ProofKey {
  readonly thumbprint: string;
  readonly alg: string;
  readonly key: CryptoKey;
}

/** Members of RFC 7638 section 3.2 and RFC 8037 section 2 by key type, in the order of the thumbprint. */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const HEADER_MEMBERS: ReadonlySet<string> = new Set(['typ', 'alg', 'jwk', 'kid']);
const MIN_RSA_CHARS = Math.ceil((2048 / 8) * (4 / 3));
const MAX_RSA_CHARS = Math.ceil((4096 / 8) * (4 / 3));
const MAX_PROOF_CHARS = Math.min(8192, MAX_TOKEN_CHARS);
/** Contract 2.10; the upper bound is ours. */
const JTI = /^[\x21-\x7e]{16,256}$/;

/**
 * @param maxKeys keys that stay imported: a client signs many proofs with one key, and importing costs as much as verifying
 */
export function createDpopVerifier(maxKeys = 5_000): VerifyDpop {
  const keys = new LRUCache<string, ProofKey>({ max: maxKeys });

  const keyOf = async (alg: string, jwk: Readonly<Record<string, unknown>>): Promise<ProofKey | undefined> => {
    const thumbprint = jwkThumbprint(jwk);
    if (thumbprint === undefined || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined;
    if (!fits(alg, jwk)) return undefined;
    const known = keys.get(`${alg} ${thumbprint}`);
    if (known) return known;
    const { kty, crv, x, y, n, e } = jwk;
    try {
      const key = await importJWK({ kty, crv, x, y, n, e } as Parameters<typeof importJWK>[0], alg);
      if (key instanceof Uint8Array) return undefined;
      const imported = { thumbprint, alg, key };
      keys.set(`${alg} ${thumbprint}`, imported);
      return imported;
    } catch {
      return undefined;
    }
  };

  return async (proof, expected, nowMs) => {
    const parts = proof.split('.');
    if (proof.length > MAX_PROOF_CHARS || parts.length !== 3) return err('malformed');
    const header = parseObject(Buffer.from(parts[0] ?? '', 'base64url'));
    const claims = parseObject(Buffer.from(parts[1] ?? '', 'base64url'));
    if (!header || !claims) return err('malformed');
    if (header.typ !== 'dpop+jwt') return err('wrong_typ');
    if (Object.keys(header).some((name) => !HEADER_MEMBERS.has(name))) return err('malformed');
    const { alg, jwk } = header;
    if (!DPOP_ALGORITHMS.some((known) => known === alg)) return err('alg_not_allowed');
    if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return err('bad_key');
    // What is cheap to see is seen before anything is computed.
    const refusal = refuseClaims(claims, expected, nowMs);
    if (refusal) return err(refusal);
    const key = await keyOf(alg as string, jwk as Record<string, unknown>);
    if (!key) return err('bad_key');
    try {
      await compactVerify(proof, key.key, { algorithms: [key.alg] });
    } catch {
      return err('bad_signature');
    }
    return ok({ thumbprint: key.thumbprint, jti: claims.jti as string });
  };
}

function refuseClaims(
  claims: Readonly<Record<string, unknown>>,
  { method, uris, accessToken, nonce }: DpopExpectation,
  nowMs: number,
): DpopRefusal | undefined {
  const { jti, htm, htu, iat, ath, exp, nbf } = claims;
  const now = nowMs / 1000;
  if (typeof jti !== 'string' || !JTI.test(jti) || typeof iat !== 'number') return 'bad_claims';
  if (!isTime(exp) || !isTime(nbf)) return 'bad_claims';
  if (htm !== method) return 'wrong_method';
  const uri = typeof htu === 'string' ? bareUri(htu) : undefined;
  if (uri === undefined || !uris.some((accepted) => bareUri(accepted) === uri)) return 'wrong_uri';
  if (accessToken !== undefined && ath !== hash('sha256', accessToken, 'base64url')) return 'wrong_token';
  if ((exp ?? now + 1) <= now - DPOP_WINDOW_SECONDS || (nbf ?? 0) > now + DPOP_WINDOW_SECONDS) return 'not_recent';
  if (claims.nonce !== undefined) {
    const accepted = nonce && typeof claims.nonce === 'string' && nonce.nonces.accepts(claims.nonce, nowMs);
    return accepted ? undefined : 'bad_nonce';
  }
  if (nonce?.required) return 'nonce_needed';
  if (Math.abs(now - iat) <= DPOP_WINDOW_SECONDS) return undefined;
  return nonce ? 'nonce_needed' : 'not_recent';
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}

/** RFC 9449 section 4.3: without query and fragment, normalised by scheme and syntax (RFC 3986 section 6.2). */
function bareUri(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return `${url.origin}${url.pathname}`;
}

/** RFC 7638 with SHA-256; undefined for a key type without one. */
export function jwkThumbprint(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const members = typeof jwk.kty === 'string' ? THUMBPRINT_MEMBERS[jwk.kty] : undefined;
  if (!members?.every((name) => typeof jwk[name] === 'string')) return undefined;
  return hash('sha256', JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))), 'base64url');
}

function fits(alg: string, { kty, crv, n }: Readonly<Record<string, unknown>>): boolean {
  if (alg === 'ES256') return kty === 'EC' && crv === 'P-256';
  if (alg === 'EdDSA' || alg === 'Ed25519') return kty === 'OKP' && crv === 'Ed25519';
  return kty === 'RSA' && typeof n === 'string' && n.length >= MIN_RSA_CHARS - 1 && n.length <= MAX_RSA_CHARS + 1;
}
