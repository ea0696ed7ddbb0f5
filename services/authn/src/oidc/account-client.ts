// The hosted pages on which people see what is theirs sign them in as any app does: they are a client of the org that is in no
// table. It gets nothing but the way back (`response_type=none`, OAuth 2.0 Multiple Response Types section 4); what counts is
// the session that the sign-in leaves.
import { ACCOUNT_CLIENT_ID } from '../core/account-client.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';

export function accountRedirectUri(issuer: string): string {
  return `${issuer}/oauth/account/return`;
}

/** Where a browser signs in to come back to `path`, a page of this service below the mount of the org. */
export function signInToAccount({ mac }: Pick<EngineDeps, 'mac'>, org: EngineOrg, path: string): string {
  const query = new URLSearchParams({
    response_type: 'none',
    client_id: ACCOUNT_CLIENT_ID,
    redirect_uri: accountRedirectUri(org.issuer),
    scope: 'openid',
    state: `${Buffer.from(path).toString('base64url')}.${mac('account page', org.id, path)}`,
  });
  return `${org.mount}/oauth/authorize?${query}`;
}

/** The page to come back to; undefined where the state was not made here (attack 2). */
export function openAccountState(
  { mac }: Pick<EngineDeps, 'mac'>,
  org: EngineOrg,
  state: string | undefined,
): string | undefined {
  const [encoded = '', given] = state?.split('.') ?? [];
  const path = Buffer.from(encoded, 'base64url').toString('utf8');
  return given === mac('account page', org.id, path) ? path : undefined;
}
