import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { GraphOp } from '../core/rbac/graph-change.js';
import type { SubjectType } from '../core/subject.js';
import type { StoredOps } from './relation-ops.js';

/** Filled in by the database from the org of the context. */
type OrgId = GeneratedAlways<string>;

interface GraphRevisionTable {
  org: string;
  revision: number;
  changed_in: string;
  roles_at: Generated<number>;
  relations_at: Generated<number>;
  policies_at: Generated<number>;
  roles_pruned: Generated<number>;
}

interface StorageEpochTable {
  one: Generated<boolean>;
  epoch: string;
  system_identifier: string;
  begun_at: Generated<Date>;
}

interface GraphChangeTable {
  org_id: OrgId;
  revision: number;
  ops: ColumnType<readonly GraphOp[], string, never>;
}

interface PermissionTable {
  org_id: OrgId;
  id: GeneratedAlways<number>;
  slug: string;
  name: string;
  description: string | null;
  resource: string | null;
  action: string | null;
  category: string | null;
  is_system: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface RoleTable {
  org_id: OrgId;
  id: string;
  slug: string;
  name: string;
  description: string | null;
  everything: Generated<boolean>;
  is_system: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface RolePermissionTable {
  org_id: OrgId;
  role_id: string;
  permission_id: number;
}

interface SubjectColumns {
  org_id: OrgId;
  subject_type: SubjectType;
  subject_id: string;
  created_at: Generated<Date>;
}

interface RoleAssignmentTable extends SubjectColumns {
  role_id: string;
}

interface PermissionGrantTable extends SubjectColumns {
  permission_id: number;
}

interface PersonTable {
  org_id: OrgId;
  id: string;
  email: string | null;
  username: string | null;
  name: string | null;
  as_of: Date;
  deleted_at: Date | null;
}

interface RelationStoreTable {
  org_id: OrgId;
  id: string;
  number: GeneratedAlways<number>;
  name: string;
  revision: Generated<number>;
  model_id: string | null;
  pruned: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  deleted_at: Date | null;
}

interface RelationModelTable {
  org_id: OrgId;
  store: number;
  id: string;
  hash: string;
  model: string;
  revision: number;
  created_at: Generated<Date>;
}

interface RelationTupleTable {
  org_id: OrgId;
  store: number;
  object_type: string;
  object_id: string;
  relation: string;
  subject: string;
  condition: string | null;
  context: string | null;
  revision: number;
  written_at: Date;
}

interface RelationChangeTable {
  org_id: OrgId;
  store: number;
  revision: number;
  at: Date;
  types: readonly string[];
  ops: ColumnType<StoredOps, string, never>;
}

interface IdempotencyKeyTable {
  org_id: OrgId;
  scope: string;
  key: string;
  request: string;
  answer: ColumnType<unknown, string, never>;
  created_at: Generated<Date>;
}

/** Every table of the `authz` schema, as Kysely sees it. */
export interface AuthzTables {
  graph_revisions: GraphRevisionTable;
  graph_changes: GraphChangeTable;
  storage_epoch: StorageEpochTable;
  relation_stores: RelationStoreTable;
  relation_models: RelationModelTable;
  relation_tuples: RelationTupleTable;
  relation_changes: RelationChangeTable;
  idempotency_keys: IdempotencyKeyTable;
  permissions: PermissionTable;
  roles: RoleTable;
  role_permissions: RolePermissionTable;
  role_assignments: RoleAssignmentTable;
  permission_grants: PermissionGrantTable;
  people: PersonTable;
}
