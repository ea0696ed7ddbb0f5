export const AGENT_TYPES = ['ai_assistant', 'service', 'bot', 'integration'] as const;

export type AgentType = (typeof AGENT_TYPES)[number];

export const AGENT_STATUSES = ['active', 'disabled'] as const;

export type AgentStatus = (typeof AGENT_STATUSES)[number];

/** A program with an identity of its own. */
export interface Agent {
  /** UUID; the `id` of the admin API. */
  readonly id: string;
  /** `agt_…`: what tokens and audit records carry, and the agent's OAuth client id. Never used a second time. */
  readonly agentId: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: AgentType;
  readonly status: AgentStatus;
  /** What the agent may do at most. A token of the agent carries a subset. */
  readonly capabilities: readonly string[];
  /** Epoch seconds: a token issued before it is dead. */
  readonly tokensNotBefore: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The capability without which no agent acts for a user (contract 4.6). The one place that grants it. */
export const ACT_FOR_USERS = 'delegate:on_behalf';

export function mayActForUsers(agent: Pick<Agent, 'capabilities'>): boolean {
  return agent.capabilities.includes(ACT_FOR_USERS);
}

/**
 * Whether a token lets this agent act now: the agent is active, and the token is not one of those declared dead.
 * `issuedAtSeconds`: `iat` of the token; absent for a call without one.
 */
export function mayAct(
  agent: Pick<Agent, 'status' | 'tokensNotBefore'> | undefined,
  issuedAtSeconds: number | undefined,
): boolean {
  return agent?.status === 'active' && (issuedAtSeconds === undefined || issuedAtSeconds >= agent.tokensNotBefore);
}

/**
 * The first second whose tokens count after everything issued until now was declared dead.
 * `iat` has whole seconds, so the second in hand dies as a whole: a token minted in it may have come first.
 */
export function tokensNotBeforeAfter(nowMs: number): number {
  return Math.floor(nowMs / 1000) + 1;
}
