import type { ClientAuthMethod } from './oauth-client.js';

/** How a client can authenticate here: what discovery says, what the engine accepts, what a registration may ask for. */
export const OFFERED_AUTH_METHODS: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post', 'none'];
