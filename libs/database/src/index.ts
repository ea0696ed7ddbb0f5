export type { Database } from './database.js';
export type { EphemeralStore } from './ephemeral-store.js';
