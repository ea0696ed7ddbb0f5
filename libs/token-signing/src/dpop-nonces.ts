// Seam: oidc-provider makes its DPoP nonces by itself from a secret. Gateway and token endpoint share one origin, and clients
// remember one nonce for an origin, so that ours are made in the same way from the same secret.
import { hkdfSync, timingSafeEqual } from 'node:crypto';

/** Nonces of one org (RFC 9449 sections 8 and 9): made from the time, so that no process has to remember any. */
export interface DpopNonces {
  /** The one to hand out now. */
  next(nowMs: number): string;
  /** Whether this is one of the last or next two minutes. */
  accepts(nonce: string, nowMs: number): boolean;
}

/** Label under which the master key gives the secret of an org's nonces. */
export function dpopNonceLabel(orgId: string): string {
  return `dpop-nonce:${orgId}`;
}

const STEP_SECONDS = 60;
/** Steps around now that count. */
const ACCEPTED = [-2, -1, 0, 1, 2] as const;
/** The one that lives longest. */
const HANDED_OUT = 3;

/** `secret`: 32 bytes. */
export function createDpopNonces(secret: Uint8Array): DpopNonces {
  if (secret.length !== 32) throw new RangeError('the secret of nonces has 32 bytes');
  let made: { readonly step: number; readonly nonces: readonly string[] } | undefined;
  const around = (nowMs: number): readonly string[] => {
    const step = Math.floor(Math.floor(nowMs / 1000) / STEP_SECONDS);
    if (made?.step !== step) made = { step, nonces: ACCEPTED.map((offset) => nonceOf(secret, step + offset)) };
    return made.nonces;
  };
  return {
    next: (nowMs) => around(nowMs)[HANDED_OUT] ?? '',
    accepts: (nonce, nowMs) => around(nowMs).some((known) => isEqual(known, nonce)),
  };
}

function nonceOf(secret: Uint8Array, step: number): string {
  const salt = Buffer.alloc(8);
  salt.writeUInt32BE(step >>> 0, 4);
  return Buffer.from(hkdfSync('sha256', secret, salt, 'DPoP', 32)).toString('base64url');
}

function isEqual(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
