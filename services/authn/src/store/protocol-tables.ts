import type { ColumnType, Generated } from 'kysely';
import type { DetailField } from '../core/authorization-details.js';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

export interface OrgSecretsTable {
  org_id: OrgId;
  name: string;
  master_key_id: string;
  sealed: Buffer;
  created_at: Generated<Date>;
}

export interface AuthorizationDetailsTypesTable {
  org_id: OrgId;
  type: string;
  name: string;
  description: string | null;
  fields: ColumnType<readonly DetailField[], string, string>;
  created_at: Date;
  updated_at: Date;
}

/** Secrets of orgs and types of authorization details: migrations/0009_protocol_data.sql. */
export interface ProtocolTables {
  org_secrets: OrgSecretsTable;
  authorization_details_types: AuthorizationDetailsTypesTable;
}
