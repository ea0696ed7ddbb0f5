import { createHash } from 'node:crypto';
import { type Clock, err, ok, type Result } from '@lumo/kit';
import { orgOfOpaqueToken } from '@lumo/tenancy';
import type { JwtClaims } from '@lumo/token-signing';
import type { Identity } from '../ports.js';
import type { VerifiedToken } from './access-tokens.js';
import { createRecentAnswers } from './recent-answers.js';
import { readTokenIdentity } from './token-identity.js';

/** Looks up opaque access tokens of every org. */
export interface OpaqueTokens {
  /** Rejects where the identity service does not answer. */
  verify(token: string): Promise<Result<VerifiedToken, 'unknown'>>;
}

/** Bounds how long a token that was taken back works on where the revocation feed does not name it. */
const TTL_MS = 2_000;
const MAX_TOKENS = 20_000;

/** A token is remembered by its SHA-256, and what it stands for is read as from a structured one. */
export function createOpaqueTokens(identity: Pick<Identity, 'findAccessToken'>, clock: Clock): OpaqueTokens {
  const recent = createRecentAnswers<VerifiedToken | undefined>(clock, { ttlMs: TTL_MS, max: MAX_TOKENS });
  const find = async (sha256: Buffer, orgId: string): Promise<VerifiedToken | undefined> => {
    const found = await identity.findAccessToken(sha256, orgId);
    if (!found) return undefined;
    // authn keeps what a structured token would say; the fields that decide are read one by one.
    const claims = found.claims as JwtClaims;
    const read = readTokenIdentity(claims, { issuer: claims.iss });
    return read.ok ? { ...read.value, org: found.org, expiresAtSeconds: claims.exp } : undefined;
  };
  return {
    async verify(token) {
      const orgId = orgOfOpaqueToken(token);
      if (orgId === undefined) return err('unknown');
      const sha256 = createHash('sha256').update(token).digest();
      const found = await recent(sha256.toString('base64'), () => find(sha256, orgId));
      return found && (found.expiresAtSeconds ?? 0) * 1000 > clock.now() ? ok(found) : err('unknown');
    },
  };
}
