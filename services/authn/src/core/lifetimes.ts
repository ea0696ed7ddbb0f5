import { FAPI_MAX_ACCESS_TOKEN_SECONDS } from './check-protocol.js';
import { isFapi } from './client-protocol.js';
import type { OAuthClient } from './oauth-client.js';
import type { AuthSettings } from './org-settings.js';

/** RFC 9700 section 4.1 and 4.5: a code travels through a browser, so it does not live long. */
export const CODE_SECONDS = 60;

/** How long a person may take over the sign-in and consent pages. */
export const INTERACTION_SECONDS = 3600;

/** No access token lives longer, whatever a client or an org asks for: a revocation must be remembered as long. */
export const LONGEST_ACCESS_TOKEN_SECONDS = 24 * 3600;

/** Of a FAPI 2.0 client that names no lifetime (contract 2.11). */
const FAPI_ACCESS_TOKEN_SECONDS = 300;

type Lifetimes = Pick<OAuthClient, 'accessTokenLifetimeSeconds' | 'refreshTokenLifetimeSeconds'> &
  Partial<Pick<OAuthClient, 'protocol'>>;

/** The client's own lifetime, else that of the org. */
export function accessTokenSeconds(client: Lifetimes, org: AuthSettings): number {
  const seconds = client.accessTokenLifetimeSeconds;
  if (client.protocol && isFapi(client.protocol)) {
    return Math.min(seconds ?? FAPI_ACCESS_TOKEN_SECONDS, FAPI_MAX_ACCESS_TOKEN_SECONDS);
  }
  return Math.min(seconds ?? org.accessTokenLifetimeSeconds, LONGEST_ACCESS_TOKEN_SECONDS);
}

export function refreshTokenSeconds(client: Lifetimes, org: AuthSettings): number {
  return client.refreshTokenLifetimeSeconds ?? org.refreshTokenLifetimeSeconds;
}

/** What is left of a browser session: until it is idle for too long, or its absolute end. At least one second. */
export function sessionSeconds(org: AuthSettings, signedInAt: number | undefined, now: number): number {
  const untilEnd = (signedInAt ?? now) + org.sessionLifetimeSeconds - now;
  return Math.max(1, Math.min(org.sessionIdleSeconds, untilEnd));
}
