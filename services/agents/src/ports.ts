import type { Clock } from '@lumo/kit';
import type { ActivityLog, Outbox } from '@lumo/messaging';
import type { Transaction } from 'kysely';
import type { Agent } from './core/agent.js';
import type { CloseReason, Delegation } from './core/delegation.js';
import type { AgentsTables } from './store/agents-tables.js';

/** An open transaction of the `agents` schema in the org of the context. */
export type Tx = Transaction<AgentsTables>;

/** Commits when `work` resolves, rolls back when it rejects. Row-level security is that of the context. */
export interface Transactions {
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** One page of a list, cut in SQL. `total` counts every match, not only the page. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

export interface AgentQuery {
  /** Counts from 1. */
  readonly page: number;
  readonly limit: number;
  /** Matched anywhere in name, description and agent id, without case. */
  readonly search?: string;
  readonly status?: Agent['status'];
  readonly type?: Agent['type'];
  readonly sortBy?: 'name' | 'type' | 'status' | 'createdAt' | 'updatedAt';
  readonly sortDir?: 'ASC' | 'DESC';
}

export type AgentChange = Partial<
  Pick<Agent, 'name' | 'description' | 'type' | 'status' | 'capabilities' | 'tokensNotBefore'>
>;

/** Agents of the org in context. An agent of another org is unknown here. */
export interface AgentStore {
  /** By UUID or by `agt_…`. */
  byRef(ref: string): Promise<Agent | undefined>;
  /** One that does not exist is absent from the answer. */
  byAgentIds(agentIds: readonly string[]): Promise<ReadonlyMap<string, Agent>>;
  list(query: AgentQuery): Promise<Page<Agent>>;
  /** SHA-256 of each secret that counts at `now`. */
  secrets(agentId: string, now: Date): Promise<readonly Buffer[]>;

  /** Reads and locks one agent until the transaction ends, against change and against `lockForDecision`. */
  lockForChange(tx: Tx, ref: string): Promise<Agent | undefined>;
  /** Reads agents and keeps them as they are until the transaction ends; decisions do not wait for each other. */
  lockForDecision(tx: Tx, agentIds: readonly string[]): Promise<ReadonlyMap<string, Agent>>;
  insert(tx: Tx, agent: Agent, secretSha256: Buffer): Promise<void>;
  /** The agent must exist and be locked. */
  update(tx: Tx, agentId: string, change: AgentChange, now: Date): Promise<Agent>;
  remove(tx: Tx, agentId: string): Promise<void>;
  /** Adds a secret, removes ended ones, and lets every other one end at `othersEndAt` at the latest. */
  addSecret(tx: Tx, agentId: string, sha256: Buffer, now: Date, othersEndAt: Date): Promise<void>;
}

/** Delegations of the org in context. */
export interface DelegationStore {
  /** Reads and locks one, so that its children are counted exactly. Undefined also for text that is no UUID. */
  lock(tx: Tx, id: string): Promise<Delegation | undefined>;
  /**
   * Live delegations made for this user to this agent from the user's own tokens; counts no further than `limit`.
   * Until the transaction ends no other one gets an answer for the same pair: the count stays true.
   */
  countLiveRoots(
    tx: Tx,
    pair: { readonly userId: string; readonly agentId: string },
    now: Date,
    limit: number,
  ): Promise<number>;
  /** Records one, counts it at its parent, and prunes a few that ended long ago. */
  insert(tx: Tx, delegation: NewDelegation, now: Date): Promise<void>;
  /** Ends every live delegation with this agent anywhere in the chain: its own and all that came from it (V-3). */
  closeWithAgent(tx: Tx, agentId: string, reason: CloseReason, now: Date): Promise<number>;
  /** Ends every live delegation of these users. */
  closeOfUsers(tx: Tx, userIds: readonly string[], reason: CloseReason, now: Date): Promise<number>;
}

export type NewDelegation = Omit<Delegation, 'childCount' | 'closed'>;

/** Whether a user has a permission now. Rejects with the `DomainError` of authz; no answer is no permission. */
export type CheckPermission = (
  userId: string,
  permission: string,
  context: Readonly<Record<string, unknown>> | undefined,
) => Promise<boolean>;

/** Everything the operations need from outside. */
export interface AgentsPorts {
  readonly transactions: Transactions;
  readonly agents: AgentStore;
  readonly delegations: DelegationStore;
  readonly check: CheckPermission;
  readonly outbox: Outbox;
  readonly activity: ActivityLog;
  readonly clock: Clock;
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}
