import type { Revocations, VerificationSource } from './ports.js';

/** Nothing issues tokens yet: nothing can be revoked, and nobody can verify. */
export function createTokenEnd(): { readonly revocations: Revocations; readonly verification: VerificationSource } {
  return {
    revocations: {
      revokeUser: async () => undefined,
      revokeClient: async () => undefined,
      revokeApiKey: async () => undefined,
    },
    verification: {
      verificationKeys: async () => ({ issuer: '', jwks: { keys: [] } }),
      revocationsSince: async (position) => ({ revocations: [], position }),
    },
  };
}
