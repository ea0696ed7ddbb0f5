// Seam: oidc-provider keeps opaque tokens in the form of its own models and looks them up by their value. Ours are stored as
// the claims that a structured one would have, under the hash of the value, so that one gate judges both.
import { hash } from 'node:crypto';
import { newOpaqueToken } from '@lumo/tenancy';
import type Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';
import type { Payload } from '../oidc-ports.js';
import type { EngineOrg } from './engine-deps.js';

/** An opaque token names its org, so that a gateway can look it up wherever it is presented. */
export function nameOpaqueTokens(provider: Provider, { id }: Pick<EngineOrg, 'id'>): void {
  // The types leave out what names a token.
  const models = [provider.AccessToken, provider.ClientCredentials] as unknown as readonly { prototype: Named }[];
  for (const { prototype } of models) {
    const { generateTokenId } = prototype;
    prototype.generateTokenId = function (this: Named) {
      const isOpaque = this.resourceServer?.accessTokenFormat === 'opaque';
      return isOpaque ? newOpaqueToken(id) : generateTokenId.call(this);
    };
  }
}

interface Named {
  readonly resourceServer?: { readonly accessTokenFormat?: string };
  generateTokenId(): string;
}

/** What the engine wants to keep of an opaque token, as the claims of RFC 9068. */
export function toClaims(value: string, payload: AdapterPayload, issuer: string): Payload {
  const { accountId, clientId, aud, scope, iat, exp, jkt, rar, extra } = payload;
  const x5t = payload['x5t#S256'];
  return {
    iss: issuer,
    sub: accountId,
    aud,
    client_id: clientId,
    scope,
    iat,
    exp,
    // The value itself would open what the token opens.
    jti: hash('sha256', value, 'base64url'),
    ...((jkt ?? x5t) && { cnf: { ...(jkt && { jkt }), ...(x5t && { 'x5t#S256': x5t }) } }),
    ...(rar && { authorization_details: rar }),
    // Made by access-token.ts; says more precisely who a machine is.
    ...extra,
  };
}
