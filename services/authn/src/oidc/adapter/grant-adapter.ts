import Provider, { type Adapter } from 'oidc-provider';
import type { GrantEnd } from '../../app/revoke-grant.js';
import type { EngineDeps } from '../engine-deps.js';
import { unsupported } from './unsupported.js';

/** Grants are opened by existing-grant.ts; the engine reads them and ends them. */
export function grantAdapter({ clock, grants, revokeGrant }: EngineDeps): Adapter {
  return {
    ...unsupported('Grant'),
    async find(id) {
      const grant = await grants.find(id, new Date(clock.now()));
      return grant && { ...grant.payload, jti: grant.id, exp: Math.floor(grant.expiresAt.getTime() / 1000) };
    },
    /** Everything issued from the grant goes with it. */
    destroy: (id) => revokeGrant(id, whyNow()),
  };
}

/** The engine ends a grant for one reason at each of its endpoints. */
export function whyNow(): GrantEnd {
  const { route, params } = Provider.ctx?.oidc ?? {};
  if (route === 'token') return params?.grant_type === 'refresh_token' ? 'refresh_reuse' : 'code_reuse';
  return route === 'revocation' ? 'revoked' : 'signed_out';
}
