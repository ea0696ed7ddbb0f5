import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { AttributeType, DataType, ValidationRules } from '../core/abac/attribute-definition.js';
import type { AttributeBag, AttributeValue } from '../core/abac/attribute-value.js';
import type { ConditionGroup } from '../core/abac/condition.js';
import type { Effect } from '../core/abac/policy.js';
import type { Combination, DecisionEngine } from '../core/decision/combination.js';
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
  facts: ColumnType<AttributeBag, string | undefined, string>;
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

interface RelationAssertionTable {
  org_id: OrgId;
  store: number;
  model_id: string;
  assertions: string;
  updated_at: Generated<Date>;
}

interface IdempotencyKeyTable {
  org_id: OrgId;
  scope: string;
  key: string;
  request: string;
  answer: ColumnType<unknown, string, never>;
  created_at: Generated<Date>;
}

/** JSON that is written as text and read as what it says. */
type Json<T> = ColumnType<T, string, string>;

interface PolicyStateTable {
  org_id: OrgId;
  version: Generated<number>;
  combination: Generated<Combination>;
  engines: Generated<DecisionEngine[]>;
  time_zone: Generated<string>;
  updated_at: Generated<Date>;
}

interface AttributeDefinitionTable {
  org_id: OrgId;
  id: string;
  attribute_type: AttributeType;
  slug: string;
  name: string;
  description: string | null;
  data_type: DataType;
  validation_rules: Json<ValidationRules> | null;
  default_value: Json<AttributeValue> | null;
  is_required: boolean;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface UserAttributeTable {
  org_id: OrgId;
  subject_type: string;
  subject_id: string;
  definition_id: string;
  value: Json<AttributeValue>;
  updated_at: Generated<Date>;
}

interface ResourceAttributeTable {
  org_id: OrgId;
  resource_type: string;
  resource_id: string;
  definition_id: string;
  number: GeneratedAlways<number>;
  value: Json<AttributeValue>;
  updated_at: Generated<Date>;
}

interface PolicyTable {
  org_id: OrgId;
  id: string;
  slug: string;
  name: string;
  description: string | null;
  resource_type: string;
  action: string;
  effect: Effect;
  priority: number;
  conditions: Json<ConditionGroup>;
  leaves: number;
  is_active: boolean;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
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
  relation_assertions: RelationAssertionTable;
  idempotency_keys: IdempotencyKeyTable;
  permissions: PermissionTable;
  roles: RoleTable;
  role_permissions: RolePermissionTable;
  role_assignments: RoleAssignmentTable;
  permission_grants: PermissionGrantTable;
  people: PersonTable;
  policy_states: PolicyStateTable;
  attribute_definitions: AttributeDefinitionTable;
  user_attributes: UserAttributeTable;
  resource_attributes: ResourceAttributeTable;
  policies: PolicyTable;
}
