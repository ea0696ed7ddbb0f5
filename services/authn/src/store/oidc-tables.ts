import type { PublicJwk, SigningAlgorithm, SigningKeyState } from '@lumo/token-signing';
import type { ColumnType, Generated } from 'kysely';
import type { ApprovalRequest } from '../core/approval.js';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

/** Written as JSON text, read as the value. */
type Json<T> = ColumnType<T, string, string>;

export interface SessionsTable {
  org_id: OrgId;
  id_hash: Buffer;
  uid: string;
  number: Generated<number>;
  user_id: string;
  payload: Json<Record<string, unknown>>;
  ip: string | null;
  user_agent: string | null;
  created_at: Generated<Date>;
  last_seen_at: Generated<Date>;
  expires_at: Date;
}

export interface ConsentsTable {
  org_id: OrgId;
  user_id: string;
  client_id: string;
  scopes: string[];
  claims: Generated<string[]>;
  client_digest: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface GrantsTable {
  org_id: OrgId;
  id: string;
  number: Generated<number>;
  session_uid: string;
  user_id: string;
  client_id: string;
  client_digest: string | null;
  payload: Json<Record<string, unknown>>;
  access_token_seconds: number;
  created_at: Date;
  expires_at: Date;
}

export interface ArtifactsTable {
  org_id: OrgId;
  model: string;
  id_hash: Buffer;
  grant_id: string | null;
  payload: Json<Record<string, unknown>>;
  consumed_at: Date | null;
  uses: Generated<number>;
  expires_at: Date;
}

export interface SigningKeysTable {
  org_id: OrgId;
  kid: string;
  alg: SigningAlgorithm;
  state: SigningKeyState;
  public_jwk: Json<PublicJwk>;
  master_key_id: string;
  sealed: Buffer;
  created_at: Date;
  activated_at: Date | null;
  retired_at: Date | null;
  expires_at: Date | null;
}

export interface RevocationsTable {
  id: Generated<number>;
  written_by: Generated<string>;
  org: string;
  kind: 'token' | 'subject' | 'client' | 'grant';
  name: string;
  not_before: Date | null;
  expires_at: Date;
}

export interface ApprovalsTable {
  org_id: OrgId;
  id: string;
  model: 'DeviceCode' | 'BackchannelAuthenticationRequest';
  id_hash: Buffer;
  user_code_hash: Buffer | null;
  user_id: string | null;
  client_id: string;
  request: Json<ApprovalRequest>;
  notification: Buffer | null;
  created_at: Date;
  expires_at: Date;
}

/** Sessions, grants, keys and revocations: migrations/0002_oidc.sql. */
export interface OidcTables {
  sessions: SessionsTable;
  consents: ConsentsTable;
  grants: GrantsTable;
  artifacts: ArtifactsTable;
  approvals: ApprovalsTable;
  signing_keys: SigningKeysTable;
  revocations: RevocationsTable;
}
