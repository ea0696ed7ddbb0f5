export { type DataDirLock, lockDataDir } from './data-dir-lock.js';
export { freePort } from './free-port.js';
export { isRunning } from './is-running.js';
export { removeAbandonedPostgres } from './remove-abandoned.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.js';
