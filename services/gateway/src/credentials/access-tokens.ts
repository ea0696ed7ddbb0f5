import { type Clock, err, ok, type Result } from '@lumo/kit';
import { isOrgSlug, type Org } from '@lumo/tenancy';
import {
  createJwksCache,
  createTokenVerifier,
  type JwtClaims,
  type JwtRefusal,
  type VerifiedJwt,
} from '@lumo/token-signing';
import type { Identity } from '../ports.js';
import { readTokenIdentity, type TokenIdentity, type TokenRefusal } from './token-identity.js';

/** Finds an org by slug; the directory of the tenancy lib. */
export type FindOrg = (slug: string) => Promise<Org | undefined>;

/** An access token that is genuine, not expired and meant for this API. Whether it was revoked is not answered here. */
export interface VerifiedToken extends TokenIdentity {
  readonly org: Org;
  /** Where the verification does not see to it itself. */
  readonly expiresAtSeconds?: number;
}

export type AccessTokenRefusal = JwtRefusal | TokenRefusal | 'unknown_issuer';

/** Verifies access tokens of every org, locally. */
export interface AccessTokens {
  /** Rejects where the keys of the issuer cannot be loaded. */
  verify(token: string): Promise<Result<VerifiedToken, AccessTokenRefusal>>;
}

export interface AccessTokensOptions {
  readonly baseUrl: string;
  readonly findOrg: FindOrg;
  readonly identity: Pick<Identity, 'verificationKeys'>;
  readonly clock: Clock;
}

/** RFC 9068 section 2.1: what keeps an ID token, a logout token or a proof from being taken for an access token. */
const TYP = 'at+jwt';
/** How long a verification is remembered: bounds how long a signing key that was withdrawn in an emergency still counts. */
const MAX_AGE_SECONDS = 60;

/**
 * The `iss` of a token only chooses which org's keys it is verified with; a token whose signature does not fit those
 * keys is refused, so nothing unverified is ever believed.
 */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { baseUrl, findOrg, identity, clock } = options;
  const prefix = `${baseUrl}/orgs/`;
  const slugOf = (issuer: string): string | undefined => {
    if (!issuer.startsWith(prefix) || !issuer.endsWith(ISSUER_SUFFIX)) return undefined;
    const slug = issuer.slice(prefix.length, -ISSUER_SUFFIX.length);
    return isOrgSlug(slug) ? slug : undefined;
  };
  const orgOf = async (issuer: string): Promise<Org | undefined> => {
    const slug = slugOf(issuer);
    return slug === undefined ? undefined : findOrg(slug);
  };
  const keys = createJwksCache({
    clock,
    ttlSeconds: MAX_AGE_SECONDS,
    async load(issuer) {
      const org = await orgOf(issuer);
      return org && { keys: await identity.verificationKeys(org) };
    },
  });
  const verifier = createTokenVerifier({ keys, clock, maxAgeSeconds: MAX_AGE_SECONDS });
  // The verifier answers a remembered token with the same object: what was read from it once is not read again.
  const identities = new WeakMap<VerifiedJwt, Result<TokenIdentity, TokenRefusal>>();

  return {
    async verify(token) {
      const issuer = unverifiedIssuer(token);
      const org = issuer === undefined ? undefined : await orgOf(issuer);
      if (!org || issuer === undefined) return err('unknown_issuer');
      const verified = await verifier.verify(token, { issuer, typ: TYP });
      if (!verified.ok) return verified;
      let read = identities.get(verified.value);
      if (!read) {
        read = readTokenIdentity(verified.value.claims, { issuer });
        identities.set(verified.value, read);
      }
      return read.ok ? ok({ ...read.value, org }) : read;
    },
  };
}

const ISSUER_SUFFIX = '/api/v1';

/** Reads `iss` without believing it. */
function unverifiedIssuer(token: string): string | undefined {
  const start = token.indexOf('.') + 1;
  const end = token.indexOf('.', start);
  if (start === 0 || end < 0) return undefined;
  try {
    const { iss } = JSON.parse(Buffer.from(token.slice(start, end), 'base64url').toString()) as Partial<JwtClaims>;
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
