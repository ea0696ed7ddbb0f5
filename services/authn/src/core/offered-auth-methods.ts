import type { ClientAuthMethod } from './oauth-client.js';

/** What the installation can do with client certificates: it depends on the TLS terminators in front of it. */
export interface TlsTerminators {
  /** Whether any terminator is believed. */
  readonly offered: boolean;
  /** Whether terminators say that they verified the chain. */
  readonly verifiesChains: boolean;
}

/** How a client can authenticate here: what discovery says and what a registration may ask for. */
export function offeredAuthMethods({ offered, verifiesChains }: TlsTerminators): readonly ClientAuthMethod[] {
  return [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    ...(verifiesChains ? (['tls_client_auth'] as const) : []),
    ...(offered ? (['self_signed_tls_client_auth'] as const) : []),
    'none',
  ];
}
