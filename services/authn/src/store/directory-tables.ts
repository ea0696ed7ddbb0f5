import type { ColumnType, Generated } from 'kysely';
import type { ClientAbout } from '../core/client-about.js';
import type { ClientProtocol } from '../core/client-protocol.js';
import type { ClientAuthMethod, ClientOrigin, ResourceMode } from '../core/oauth-client.js';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

export interface OrgsTable {
  id: string;
  number: Generated<number>;
  slug: string;
  name: string;
  status: 'active' | 'suspended';
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface OrgSettingsTable {
  org_id: OrgId;
  section: 'general' | 'auth' | 'security';
  value: ColumnType<unknown, string, string>;
  updated_at: Generated<Date>;
}

export interface UsersTable {
  org_id: OrgId;
  id: string;
  email: string;
  email_key: string;
  email_verified: boolean;
  username: string | null;
  username_key: string | null;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  picture: string | null;
  phone_number: string | null;
  phone_number_verified: boolean;
  locale: string | null;
  zoneinfo: string | null;
  is_active: boolean;
  blocked: boolean;
  blocked_at: Date | null;
  password_hash: string | null;
  password_changed_at: Date | null;
  login_count: Generated<number>;
  last_login_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

export interface LoginFailuresTable {
  org_id: OrgId;
  subject: Buffer;
  failures: number;
  locked_until: Date | null;
  forget_at: Date;
}

export interface ClientsTable {
  org_id: OrgId;
  id: Generated<number>;
  client_id: string;
  name: string;
  description: string | null;
  application_type: 'web' | 'spa' | 'native' | 'm2m';
  token_endpoint_auth_method: ClientAuthMethod;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  allowed_origins: string[];
  browser_origins: string[];
  grant_types: string[];
  scopes: string[];
  requires_pkce: boolean;
  is_first_party: boolean;
  is_active: boolean;
  access_token_lifetime_seconds: number | null;
  refresh_token_lifetime_seconds: number | null;
  /** Members may be missing: an older version wrote them. */
  protocol: ColumnType<Partial<ClientProtocol>, string, string>;
  origin: ClientOrigin;
  about: ColumnType<ClientAbout, string, string>;
  audience_uris: string[];
  resource_mode: ResourceMode;
  created_at: Date;
  updated_at: Date;
}

export interface ClientSecretsTable {
  org_id: OrgId;
  client_id: string;
  sha256: Buffer;
  created_at: Date;
  expires_at: Date | null;
}

export interface ApiKeysTable {
  org_id: OrgId;
  key_id: string;
  name: string;
  sha256: Buffer;
  hint: string;
  scopes: string[];
  created_by: string;
  created_at: Date;
  updated_at: Date;
  last_used_at: Date | null;
  expires_at: Date | null;
}

export interface ApiKeyIndexTable {
  sha256: Buffer;
  org: string;
}

/** Organizations, people, applications and keys: migrations/0001_directory.sql. */
export interface DirectoryTables {
  orgs: OrgsTable;
  org_settings: OrgSettingsTable;
  users: UsersTable;
  login_failures: LoginFailuresTable;
  clients: ClientsTable;
  client_secrets: ClientSecretsTable;
  api_keys: ApiKeysTable;
  api_key_index: ApiKeyIndexTable;
}
