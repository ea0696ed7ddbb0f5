/** What a session at a client is called: whom it was about, and the session itself. */
export interface LogoutNotice {
  readonly issuer: string;
  readonly clientId: string;
  /** `sub` of the client's ID tokens. */
  readonly subject: string;
  readonly sid?: string;
}

/** A logout token is used at once or never (OpenID Connect Back-Channel Logout 1.0 section 2.4 recommends two minutes). */
const LOGOUT_TOKEN_SECONDS = 120;

/** Claims of a logout token, section 2.4. A `nonce` is forbidden there, so that it cannot pass for an ID token. */
export function logoutTokenClaims(
  { issuer, clientId, subject, sid }: LogoutNotice,
  tokenId: string,
  nowSeconds: number,
): { readonly iss: string; readonly sub: string; readonly iat: number; readonly exp: number } & Record<
  string,
  unknown
> {
  return {
    iss: issuer,
    sub: subject,
    aud: clientId,
    iat: nowSeconds,
    exp: nowSeconds + LOGOUT_TOKEN_SECONDS,
    jti: tokenId,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    ...(sid !== undefined && { sid }),
  };
}

/** The address that the browser loads in a frame, Front-Channel Logout 1.0 section 2. */
export function frontchannelLogoutUrl(uri: string, { issuer, sid }: Pick<LogoutNotice, 'issuer' | 'sid'>): string {
  const url = new URL(uri);
  if (sid !== undefined) {
    url.searchParams.set('iss', issuer);
    url.searchParams.set('sid', sid);
  }
  return url.href;
}
