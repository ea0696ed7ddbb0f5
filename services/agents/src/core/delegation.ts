/** A node of the tree user → agent → agent …: one agent was allowed to act for one user. */
export interface Delegation {
  /** UUID; stands in the token, so that a further exchange continues from here. */
  readonly id: string;
  /** The delegation it continues; absent where the user's own token was the subject. */
  readonly parentId: string | null;
  readonly userId: string;
  /** First delegate first, the agent that holds the token last. */
  readonly chain: readonly string[];
  readonly scopes: readonly string[];
  /** Empty where the token is not bound to one audience. */
  readonly audience: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** How many delegations were made from this one. */
  readonly childCount: number;
  /** Whether it was ended before its time: an agent of the chain was stopped, or the user is gone. */
  readonly closed: boolean;
}

/** Agents in one chain (contract 4.6). */
export const MAX_DELEGATION_DEPTH = 3;

/** Delegations made from one delegation: a fork bomb ends here (D-15). */
export const MAX_CHILDREN_PER_DELEGATION = 100;

/** Delegations of one user that one agent holds at the same time, made from the user's own tokens (D-15). */
export const MAX_LIVE_ROOTS_PER_USER_AND_AGENT = 1000;

export type CloseReason = 'agent_disabled' | 'agent_deleted' | 'delegation_withdrawn' | 'user_deleted';
