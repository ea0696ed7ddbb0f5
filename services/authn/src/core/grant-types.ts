export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 8628. */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
/** OpenID Connect Client-Initiated Backchannel Authentication. */
export const CIBA = 'urn:openid:params:grant-type:ciba';

/** What a client can be registered for. */
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  TOKEN_EXCHANGE,
  DEVICE_CODE,
  CIBA,
] as const;

/** Grants in which a person decides, so that a refresh token may follow. */
export const PERSONAL_GRANTS: readonly string[] = ['authorization_code', DEVICE_CODE, CIBA];
