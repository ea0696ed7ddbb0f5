import { randomUUID } from 'node:crypto';
import { createMemorySigningKeyStore, signingKeyStoreContract } from './index.js';

signingKeyStoreContract('memory', async () => ({
  store: createMemorySigningKeyStore(),
  newOrg: async () => randomUUID(),
}));
