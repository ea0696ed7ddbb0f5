import type { DirectoryTables } from './store/directory-tables.js';
import type { OidcTables } from './store/oidc-tables.js';
import type { ProtocolTables } from './store/protocol-tables.js';
import type { RegistrationTables } from './store/registration-tables.js';

/** Every table of the `authn` schema, as Kysely sees it. */
export interface AuthnTables extends DirectoryTables, OidcTables, ProtocolTables, RegistrationTables {}
