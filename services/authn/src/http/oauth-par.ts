import type { Oidc } from '../oidc/create-oidc.js';
import { decryptRequestObject } from '../oidc/request-decryption.js';
import { completeRequest } from './complete-request.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `POST /oauth/par` (RFC 9126): what an authorization request may say, from a client that proves who it is. */
export function par(oidc: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const form = readParameters(request);
    await decryptRequestObject(form, engine.org);
    await completeRequest(oidc, engine.org, form);
    return handToEngine(engine, request, reply, { path: '/oauth/par', form });
  };
}
