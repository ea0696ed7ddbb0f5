export { isForeignKeyViolation, isSerializationFailure, isUniqueViolation } from './connection/database-error.js';
export type { Database } from './database.js';
export {
  EPHEMERAL_SCHEMA,
  openPostgresEphemeralStore,
  type PostgresEphemeralStoreOptions,
} from './ephemeral/postgres-ephemeral-store.js';
export { openRedisEphemeralStore, type RedisEphemeralStoreOptions } from './ephemeral/redis-ephemeral-store.js';
export type { EphemeralStore } from './ephemeral-store.js';
export { APPEND_ONLY_TABLES, INSTANCE_TABLES, RELAY_TABLES, SELF_MANAGED_SCHEMAS } from './instance-tables.js';
export { type MigrateOptions, type MigrationReport, migrate, type SchemaMigrations } from './migrations/migrate.js';
export { roleOf, schemaUrl } from './migrations/schema-role.js';
export { type DatabaseOptions, openDatabase } from './open-database.js';
export { relayTransaction } from './relay-transaction.js';
export { StartupError } from './startup-error.js';
