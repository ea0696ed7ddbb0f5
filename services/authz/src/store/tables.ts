import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { GraphOp } from '../core/rbac/graph-change.js';
import type { SubjectType } from '../core/subject.js';

/** Filled in by the database from the org of the context. */
type OrgId = GeneratedAlways<string>;

interface GraphRevisionTable {
  org: string;
  revision: number;
  changed_in: string;
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

/** Every table of the `authz` schema, as Kysely sees it. */
export interface AuthzTables {
  graph_revisions: GraphRevisionTable;
  graph_changes: GraphChangeTable;
  permissions: PermissionTable;
  roles: RoleTable;
  role_permissions: RolePermissionTable;
  role_assignments: RoleAssignmentTable;
  permission_grants: PermissionGrantTable;
  people: PersonTable;
}
