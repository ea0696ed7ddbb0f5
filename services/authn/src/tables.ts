import type { DirectoryTables } from './store/directory-tables.js';

/** Every table of the `authn` schema, as Kysely sees it. */
export interface AuthnTables extends DirectoryTables {}
