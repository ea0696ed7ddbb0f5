// Seam: oidc-provider takes every JWT that the org signed for the client as an id_token_hint. Access tokens and logout tokens
// say what they are in `typ` (RFC 8725 section 3.11); an ID token says nothing, or "JWT".
import { decodeProtectedHeader } from 'jose';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';

/** Attack 20: only an ID token says who is asked for or signed out. */
export function takeOnlyIdTokensAsHints(provider: Provider): void {
  const { IdToken } = provider;
  const validate = IdToken.validate.bind(IdToken);
  IdToken.validate = async (jwt, client) => {
    const { typ } = decodeProtectedHeader(jwt);
    if (typ !== undefined && typ !== 'JWT') throw new errors.InvalidRequest('id_token_hint is not an ID token');
    return validate(jwt, client);
  };
}
