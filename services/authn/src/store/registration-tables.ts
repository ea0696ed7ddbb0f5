import type { ColumnType, Generated } from 'kysely';

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

/** Clients that registered themselves: migrations/0008_registration.sql. */
export interface RegistrationTables {
  client_registrations: ClientRegistrationsTable;
  initial_access_tokens: InitialAccessTokensTable;
}
