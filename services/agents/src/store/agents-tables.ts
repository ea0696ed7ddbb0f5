import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { AgentStatus, AgentType } from '../core/agent.js';
import type { CloseReason } from '../core/delegation.js';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

export interface AgentsTable {
  org_id: OrgId;
  id: string;
  agent_id: string;
  name: string;
  description: string | null;
  type: AgentType;
  status: AgentStatus;
  capabilities: string[];
  tokens_not_before: Generated<number>;
  created_at: Date;
  updated_at: Date;
}

export interface AgentSecretsTable {
  org_id: OrgId;
  agent_id: string;
  sha256: Buffer;
  created_at: Date;
  expires_at: Date | null;
}

export interface DelegationsTable {
  org_id: OrgId;
  id: string;
  parent_id: string | null;
  user_id: string;
  chain: string[];
  agent_id: GeneratedAlways<string>;
  scopes: string[];
  audience: string;
  expires_at: Date;
  child_count: Generated<number>;
  created_at: Date;
  closed_at: ColumnType<Date | null, never, Date>;
  close_reason: ColumnType<CloseReason | null, never, CloseReason>;
}

/** The `agents` schema. */
export interface AgentsTables {
  agents: AgentsTable;
  agent_secrets: AgentSecretsTable;
  delegations: DelegationsTable;
}
