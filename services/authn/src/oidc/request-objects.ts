import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { FAPI_SIGNING_ALGS } from '../core/client-protocol.js';
import { CLOCK_TOLERANCE_SECONDS, isTyp, pointsToKey } from './client-authentication.js';
import { factsOf } from './client-facts.js';
import { noteRequestedScope } from './offline-access.js';

type RequestObjects = NonNullable<NonNullable<Configuration['features']>['requestObjects']>;
type Claims = Readonly<Record<string, unknown>>;

/** FAPI 2.0 Message Signing section 5.3.1: no request object counts for longer. */
const MAX_SECONDS = 3600;

/**
 * RFC 9101. The engine has checked by then that client, issuer and audience fit, and takes no parameter from outside of the
 * object. What was pushed comes through here as well, as the unsigned object that the engine made of it.
 */
export function requestObjects(nowMs: () => number): RequestObjects {
  return {
    enabled: true,
    requireSignedRequestObject: false,
    assertJwtClaimsAndHeader(ctx: KoaContextWithOIDC, claims: Claims, header: Claims, client: Client) {
      noteRequestedScope(ctx, typeof claims.scope === 'string' ? claims.scope : undefined);
      const isOurs = header.alg === 'none' && ctx.oidc.entities.PushedAuthorizationRequest !== undefined;
      if (isOurs) return;
      const why = refuseObject(claims, header, { client, now: Math.floor(nowMs() / 1000) });
      if (why) throw new errors.InvalidRequestObject(why);
    },
  };
}

function refuseObject(
  claims: Claims,
  header: Claims,
  { client, now }: { readonly client: Client; readonly now: number },
): string | undefined {
  const { exp, nbf, sub, aud } = claims;
  if (!isTyp(header.typ, 'oauth-authz-req+jwt')) return 'typ is that of another kind of token';
  if (pointsToKey(header)) return 'the header must not bring or point to a key';
  // RFC 9101 section 10.8: an assertion of the client has the same issuer, audience and key.
  if (sub !== undefined && sub === client.clientId) return 'a request object does not have the client as sub';
  if (exp !== undefined && (typeof exp !== 'number' || exp - now > MAX_SECONDS + CLOCK_TOLERANCE_SECONDS)) {
    return 'exp is too far away';
  }
  if (!factsOf(client).isFapi) return undefined;
  if (!FAPI_SIGNING_ALGS.includes(String(header.alg))) return 'alg is not allowed by FAPI 2.0';
  if (typeof exp !== 'number' || typeof nbf !== 'number') return 'exp and nbf must be there';
  if (nbf < now - MAX_SECONDS) return 'nbf is too long ago';
  if (exp <= nbf || exp - nbf > MAX_SECONDS) return 'exp is too far from nbf';
  return Array.isArray(aud) && aud.length > 1 ? 'aud must be the issuer identifier, alone' : undefined;
}
