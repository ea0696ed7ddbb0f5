export { createMemorySigningKeyStore } from './memory-signing-key-store.js';
export { type SigningKeyStoreFixture, signingKeyStoreContract } from './signing-key-store-contract.js';
