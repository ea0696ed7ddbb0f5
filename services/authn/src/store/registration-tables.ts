import type { ColumnType, Generated } from 'kysely';
import type { ClientProfile } from '../core/client-registration.js';
import type { ResourceMode } from '../core/oauth-client.js';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

export interface ClientRegistrationsTable {
  org_id: OrgId;
  client_id: string;
  token_sha256: Buffer;
  made_with: 'api_key' | 'initial_access_token' | 'nothing';
  created_at: Date;
  changed_at: Date;
}

export interface InitialAccessTokensTable {
  org_id: OrgId;
  id: string;
  name: string;
  sha256: Buffer;
  max_uses: number;
  uses: Generated<number>;
  created_by: string;
  created_at: Date;
  expires_at: Date;
}

export interface ClientDocumentsTable {
  org_id: OrgId;
  client_id: string;
  digest: string;
  etag: string | null;
  fetched_at: Date;
  fresh_until: Date;
  withdrawn_at: Date | null;
}

export interface ClientSnapshotsTable {
  org_id: OrgId;
  client_id: string;
  digest: string;
  profile: ColumnType<ClientProfile, string, string>;
  seen_at: Date;
}

export interface ResourcesTable {
  org_id: OrgId;
  id: string;
  name: string;
  identifier: string;
  mode: ResourceMode;
  scopes: string[];
  created_at: Date;
  updated_at: Date;
}

/** Clients that describe themselves, and resources: migrations/0008_registration.sql, 0010_client_documents.sql. */
export interface RegistrationTables {
  client_registrations: ClientRegistrationsTable;
  initial_access_tokens: InitialAccessTokensTable;
  client_documents: ClientDocumentsTable;
  client_snapshots: ClientSnapshotsTable;
  resources: ResourcesTable;
}
