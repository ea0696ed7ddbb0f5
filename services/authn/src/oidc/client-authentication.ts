import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { FAPI_SIGNING_ALGS } from '../core/client-protocol.js';
import { CLIENT_AUTH_METHODS } from '../core/oauth-client.js';
import { factsOf } from './client-facts.js';
import type { EngineOrg } from './engine-deps.js';

/** Basic and post are one method on the wire; which of the others are offered is told by discovery.ts. */
export const AUTH_METHODS: NonNullable<Configuration['clientAuthMethods']> = [...CLIENT_AUTH_METHODS];

/** How far the clock of a client may be ahead (FAPI 2.0 Security Profile section 5.3.2.1). */
export const CLOCK_TOLERANCE_SECONDS = 10;

/** RFC 7523 section 3, attack 23: no assertion counts for longer, whatever it says. */
const MAX_ASSERTION_SECONDS = 300;
const MAX_AHEAD_SECONDS = 60;
const MAX_JTI_CHARS = 256;

/** Members by which a header leads to another key than the registered ones (RFC 8725 section 3.10). */
const KEY_POINTERS = ['jwk', 'jku', 'x5u', 'x5c'];

type Claims = Readonly<Record<string, unknown>>;

/**
 * What a client assertion must be beyond what the engine has checked by then: signature, `iss`, `sub`, a `jti`, an `exp` to
 * come. `aud` is one string: an assertion for several servers can be replayed by each of them.
 */
export function assertionRules({ issuer }: EngineOrg, nowMs: () => number) {
  return (_ctx: KoaContextWithOIDC, claims: Claims, header: Claims, client: Client): void => {
    const why = refuseAssertion(claims, header, {
      audiences: factsOf(client).isFapi ? [issuer] : [issuer, `${issuer}/oauth/token`],
      isFapi: factsOf(client).isFapi,
      now: Math.floor(nowMs() / 1000),
    });
    if (why) throw new errors.InvalidClientAuth(why);
  };
}

interface AssertionExpectation {
  readonly audiences: readonly string[];
  readonly isFapi: boolean;
  readonly now: number;
}

function refuseAssertion(claims: Claims, header: Claims, expected: AssertionExpectation): string | undefined {
  const { aud, exp, iat, jti } = claims;
  const { audiences, isFapi, now } = expected;
  // FAPI 2.0 wants the bare string; elsewhere libraries that always write a list are let through with one member.
  const audience = !isFapi && Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof audience !== 'string' || !audiences.includes(audience)) return 'aud must be the issuer identifier, alone';
  if (typeof exp !== 'number' || exp - now > MAX_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS)
    return 'exp is too far away';
  if (iat !== undefined) {
    if (typeof iat !== 'number' || iat > now + MAX_AHEAD_SECONDS) return 'iat is in the future';
    if (iat < now - MAX_ASSERTION_SECONDS - CLOCK_TOLERANCE_SECONDS) return 'iat is too long ago';
  }
  if (typeof jti !== 'string' || jti.length > MAX_JTI_CHARS) return 'jti is too long';
  if (!isTyp(header.typ, 'client-authentication+jwt')) return 'typ is that of another kind of token';
  if (KEY_POINTERS.some((name) => Object.hasOwn(header, name))) return 'the header must not bring or point to a key';
  return isFapi && !FAPI_SIGNING_ALGS.includes(String(header.alg)) ? 'alg is not allowed by FAPI 2.0' : undefined;
}

/** Whether a header says nothing, `JWT`, or exactly this kind: one kind of JWT is never taken for another (RFC 8725 3.11). */
export function isTyp(typ: unknown, own: string): boolean {
  if (typ === undefined) return true;
  if (typeof typ !== 'string') return false;
  const bare = typ.toLowerCase().replace(/^application\//, '');
  return bare === 'jwt' || bare === own;
}

/** Whether a header brings a key along, or says where to find one. */
export function pointsToKey(header: Claims): boolean {
  return KEY_POINTERS.some((name) => Object.hasOwn(header, name));
}
