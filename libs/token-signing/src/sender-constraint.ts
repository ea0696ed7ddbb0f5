import { hash } from 'node:crypto';
import { type Clock, err, ok, type Result } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import { createDpopVerifier, DPOP_ALGORITHMS, DPOP_REPLAY_SECONDS, type DpopRefusal } from './dpop.js';
import { createDpopNonces, type DpopNonces } from './dpop-nonces.js';

/** What the sender of a token must prove to hold (RFC 9449 section 6, RFC 8705 section 3.1). */
export interface Confirmation {
  readonly jkt?: string;
  readonly x5t?: string;
}

/** Marks of what was used, shared by every process that could see the same proof. */
export interface ReplayMarks {
  /** True for the first of all callers within the lifetime; rejects where that cannot be told. */
  first(key: string, ttlSeconds: number): Promise<boolean>;
}

/** What of a request proves that its sender holds the key of a token. */
export interface SenderProof {
  readonly method: string;
  /** The public address, as the client may have spelled it, without query. */
  readonly uris: readonly string[];
  /** The `DPoP` header. */
  readonly dpop?: string;
  /** `x5t#S256` of the certificate of the connection. */
  readonly certificateThumbprint?: string;
  /** The request was proved before and is only looked at again: its proof must not count as a replay of itself. */
  readonly again?: true;
}

/** A token as it was presented. */
export interface PresentedToken {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
  /** Absent for a bearer token. */
  readonly confirmation: Confirmation | undefined;
  readonly orgId: string;
}

/** What the challenge of a refusal says (RFC 9449 section 7.1, RFC 6750 section 3). */
export interface SenderRefusal {
  readonly why: string;
  readonly scheme: 'Bearer' | 'DPoP';
  readonly error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  readonly nonce?: string;
}

/** Keys that a request proved to hold. */
export interface ProvedSender extends Confirmation {
  /** One to hand out with the answer. */
  readonly nonce?: string;
}

/** Whether who presents a token may: asked after the token itself was found good. */
export interface SenderConstraint {
  /** `nonce`: one to hand out with the answer. Rejects where what must be asked cannot be. */
  check(presented: PresentedToken, proof: SenderProof): Promise<Result<{ readonly nonce?: string }, SenderRefusal>>;
  /** Which keys the sender of a request without access token holds; for a token endpoint (RFC 9449 section 5). */
  prove(orgId: string, proof: SenderProof): Promise<Result<ProvedSender, SenderRefusal>>;
}

/** Whether a sender holds the keys that a token is bound to. */
export function holdsKeysOf(confirmation: Confirmation | undefined, sender: Confirmation): boolean {
  if (confirmation === undefined) return true;
  const { jkt, x5t } = confirmation;
  return (jkt === undefined || jkt === sender.jkt) && (x5t === undefined || x5t === sender.x5t);
}

export interface SenderConstraintOptions {
  /** Whether the org demands nonces (RFC 9449 section 9). */
  requiresNonce(orgId: string): Promise<boolean>;
  readonly replay: ReplayMarks;
  readonly clock: Clock;
  /** 32 bytes for one org; the token endpoint makes its nonces from the same. */
  nonceSecret(orgId: string): Uint8Array;
}

/** Of every challenge of the scheme (RFC 9449 section 7.1). */
export const DPOP_ALGS = DPOP_ALGORITHMS.join(' ');

const MAX_ORGS = 5_000;

/**
 * RFC 9449 section 7 and RFC 8705 section 3: a bound token is worth nothing without its key, whatever scheme it comes
 * under, and a token that is not bound gains nothing from a proof.
 */
export function createSenderConstraint(options: SenderConstraintOptions): SenderConstraint {
  const { replay, clock } = options;
  const verify = createDpopVerifier();
  const nonces = new LRUCache<string, DpopNonces>({ max: MAX_ORGS });
  const noncesOf = (orgId: string): DpopNonces => {
    const known = nonces.get(orgId) ?? createDpopNonces(options.nonceSecret(orgId));
    nonces.set(orgId, known);
    return known;
  };

  const verifyProof = async (
    orgId: string,
    { method, uris, again }: SenderProof,
    dpop: string,
    bound?: { readonly token: string; readonly jkt: string },
  ): Promise<Result<{ readonly thumbprint: string; readonly nonce?: string }, SenderRefusal>> => {
    const required = await options.requiresNonce(orgId);
    const own = noncesOf(orgId);
    const nowMs = clock.now();
    const nonce = { nonces: own, required };
    const expected = { method, uris, nonce, ...(bound && { accessToken: bound.token }) };
    const proved = await verify(dpop, expected, nowMs);
    if (!proved.ok) return err(proofRefusal(proved.error, own.next(nowMs)));
    const { thumbprint, jti } = proved.value;
    if (bound && thumbprint !== bound.jkt) return err(refusal('invalid_token', 'The token is bound to another key.'));
    const mark = hash('sha256', `${thumbprint} ${jti}`, 'base64url');
    if (!again && !(await replay.first(`dpop:${mark}`, DPOP_REPLAY_SECONDS)))
      return err(refusal('invalid_dpop_proof', 'This proof was used before. Make a new one for every request.'));
    return ok({ thumbprint, ...(required && { nonce: own.next(nowMs) }) });
  };

  const checkDpop = async (
    { token, confirmation, orgId }: PresentedToken,
    proof: SenderProof,
  ): Promise<Result<{ readonly nonce?: string }, SenderRefusal>> => {
    const jkt = confirmation?.jkt;
    if (jkt === undefined)
      return err(refusal('invalid_token', 'This token is not bound to a key. Present it as a bearer token.'));
    if (proof.dpop === undefined)
      return err(refusal('invalid_dpop_proof', 'Send the proof of the key as DPoP header.'));
    return verifyProof(orgId, proof, proof.dpop, { token, jkt });
  };

  return {
    async check(presented, proof) {
      const { scheme, confirmation } = presented;
      if (confirmation?.x5t !== undefined && confirmation.x5t !== proof.certificateThumbprint) {
        return err({
          scheme: 'Bearer',
          error: 'invalid_token',
          why: 'This token is bound to a certificate. Present it over mutual TLS with that certificate.',
        });
      }
      if (scheme === 'dpop') return checkDpop(presented, proof);
      return confirmation?.jkt === undefined
        ? ok({})
        : err(refusal('invalid_token', 'This token is bound to a key. Present it with the scheme DPoP and a proof.'));
    },
    async prove(orgId, proof) {
      const x5t = proof.certificateThumbprint;
      const held = x5t === undefined ? {} : { x5t };
      if (proof.dpop === undefined) return ok(held);
      const proved = await verifyProof(orgId, proof, proof.dpop);
      if (!proved.ok) return proved;
      const { thumbprint, nonce } = proved.value;
      return ok({ ...held, jkt: thumbprint, ...(nonce !== undefined && { nonce }) });
    },
  };
}

function refusal(error: SenderRefusal['error'], why: string): SenderRefusal {
  return { scheme: 'DPoP', error, why };
}

const WHY: Readonly<Record<Exclude<DpopRefusal, 'nonce_needed' | 'bad_nonce'>, string>> = {
  malformed: 'The DPoP proof is not well formed.',
  wrong_typ: 'The typ of a DPoP proof is dpop+jwt.',
  alg_not_allowed: `Sign the DPoP proof with one of ${DPOP_ALGS}.`,
  bad_key: 'The key of the DPoP proof cannot be used. Send the public key alone.',
  bad_signature: 'The signature of the DPoP proof does not fit its key.',
  bad_claims: 'A DPoP proof has htm, htu, iat, ath and a jti of 16 to 256 characters.',
  wrong_method: 'The htm of the DPoP proof is not the method of the request.',
  wrong_uri: 'The htu of the DPoP proof is not the address of the request.',
  wrong_token: 'The ath of the DPoP proof does not fit the access token.',
  not_recent: 'The DPoP proof is too old or from the future. Make a new one.',
};

function proofRefusal(why: DpopRefusal, nonce: string): SenderRefusal {
  if (why === 'nonce_needed' || why === 'bad_nonce') {
    return {
      ...refusal('use_dpop_nonce', 'Make the DPoP proof again, with the nonce of the header DPoP-Nonce.'),
      nonce,
    };
  }
  return refusal('invalid_dpop_proof', WHY[why]);
}
