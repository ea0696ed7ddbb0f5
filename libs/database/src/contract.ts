export { type EphemeralStoreFixture, ephemeralStoreContract } from './ephemeral/contract.js';
