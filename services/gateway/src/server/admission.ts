import type { IncomingMessage } from 'node:http';
import { ANONYMOUS, isOrgSlug, type Org, type Principal } from '@lumo/tenancy';
import { DPOP_ALGS, type SenderProof } from '@lumo/token-signing';
import { readCredential } from '../core/presented-credential.js';
import {
  challenged,
  FOREIGN_CREDENTIAL,
  NO_ORG,
  type Refusal,
  RequestRefused,
  TWO_CREDENTIALS,
  unauthenticated,
  unavailable,
} from '../core/refusal.js';
import type { FindOrg } from '../credentials/access-tokens.js';
import type { Authentication, Authenticator } from '../credentials/authenticate.js';
import type { AuthMode } from '../route-table.js';

/** Who may come in, and into which org. */
export interface Caller {
  readonly org?: Org;
  readonly principal: Principal;
}

/** A caller who came in, and what the answer tells the next request. */
export interface Admitted {
  readonly caller: Caller;
  /** For the next DPoP proof. */
  readonly nonce?: string;
}

/** Realm of every challenge. */
export const REALM = 'lumoauth';

/** The org a path names. @throws RequestRefused 404 where there is none. */
export async function resolveOrg(findOrg: FindOrg, slug: string): Promise<Org> {
  const org = isOrgSlug(slug) ? await findOrg(slug) : undefined;
  // An id has the shape of a slug, but an org has one name in URLs: every issuer and every link spells the slug.
  if (org?.slug !== slug) throw new RequestRefused(NO_ORG);
  return org;
}

/**
 * Establishes the caller as the row's mode says. `org` is the one the path names; a row without one takes the org of the
 * credential.
 * @throws RequestRefused
 */
export async function authenticateCaller(
  authenticator: Authenticator,
  mode: AuthMode,
  request: Pick<IncomingMessage, 'headers'>,
  org: Org | undefined,
  proof: SenderProof,
): Promise<Admitted> {
  if (mode === 'none' || mode === 'service') return { caller: { ...(org && { org }), principal: ANONYMOUS } };
  const apiKey = request.headers['x-api-key'];
  const presented = readCredential(request.headers.authorization, Array.isArray(apiKey) ? apiKey[0] : apiKey);
  if (presented.kind === 'conflict') throw new RequestRefused(TWO_CREDENTIALS);
  const found =
    mode === 'instance' ? await authenticator.ofInstance(presented) : await authenticator.ofOrg(presented, proof);
  return admit(found, mode, org);
}

function admit(found: Authentication, mode: AuthMode, org: Org | undefined): Admitted {
  switch (found.kind) {
    case 'refused':
      throw new RequestRefused(refusedCredential(found));
    case 'undecided':
      throw new RequestRefused(unavailable('Tokens cannot be checked for revocation at the moment. Try again.'));
    case 'anonymous':
      if (mode !== 'optional') throw new RequestRefused(unauthenticated(REALM, SEND_ONE));
      return { caller: { ...(org && { org }), principal: ANONYMOUS } };
    case 'known':
      // A credential is good in its own org and nowhere else, whatever the path says (attack 32).
      if (org && found.org && org.id !== found.org.id) throw new RequestRefused(FOREIGN_CREDENTIAL);
      return {
        caller: { ...((org ?? found.org) && { org: org ?? found.org }), principal: found.principal },
        ...(found.nonce !== undefined && { nonce: found.nonce }),
      };
  }
}

function refusedCredential({ why, sender }: Extract<Authentication, { kind: 'refused' }>): Refusal {
  const { scheme = 'Bearer', error = 'invalid_token', nonce } = sender ?? {};
  return challenged(REALM, why, {
    scheme,
    error,
    ...(scheme === 'DPoP' && { parameters: { algs: DPOP_ALGS } }),
    ...(nonce !== undefined && { headers: { 'DPoP-Nonce': nonce } }),
  });
}

const SEND_ONE = 'Send an access token or an API key: Authorization: Bearer <token>, or X-API-Key: <key>.';
