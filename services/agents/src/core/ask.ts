import { type Agent, mayAct, mayActForUsers } from './agent.js';

/** A caller that asks whether it may do something: an agent alone, or an agent that acts for a user. */
export interface AskInput {
  readonly action: string;
  /** Scopes of the token in hand. */
  readonly scopes: readonly string[];
  /** `iat` of the token in hand. */
  readonly issuedAtSeconds?: number;
  /** The agent alone, or every agent that acts for the user; as they are now. One that is gone is undefined. */
  readonly agents: readonly (Agent | undefined)[];
  /** Absent for an agent alone. */
  readonly user?: { readonly permitted: boolean };
}

export type AskReason =
  | 'agent_allowed'
  | 'user_and_agents_allowed'
  | 'agent_inactive'
  | 'outside_token'
  | 'outside_capabilities'
  | 'may_not_act_for_users'
  | 'user_not_permitted'
  | 'unparsed'
  | 'ambiguous';

export interface AskDecision {
  readonly allowed: boolean;
  readonly reason: AskReason;
}

/**
 * Whether the caller may do `action` now (D-11): every agent may act with this token and has the capability, the token carries it, and
 * for a delegated token the user has the permission and every agent may still act for users.
 * An agent's own token without scopes was not narrowed; a delegated token without scopes carries nothing.
 */
export function decideAsk({ action, scopes, issuedAtSeconds, agents, user }: AskInput): AskDecision {
  if (agents.length === 0 || !agents.every((agent) => mayAct(agent, issuedAtSeconds))) return denied('agent_inactive');
  const present = agents.filter((agent) => agent !== undefined);
  const carried = scopes.includes(action) || (!user && scopes.length === 0);
  if (!carried) return denied('outside_token');
  if (!present.every((agent) => agent.capabilities.includes(action))) return denied('outside_capabilities');
  if (!user) return { allowed: true, reason: 'agent_allowed' };
  if (!present.every(mayActForUsers)) return denied('may_not_act_for_users');
  if (!user.permitted) return denied('user_not_permitted');
  return { allowed: true, reason: 'user_and_agents_allowed' };
}

function denied(reason: AskReason): AskDecision {
  return { allowed: false, reason };
}

/** Fixed texts: nothing that a caller wrote ever comes back in them, so they carry no instructions. */
export const ASK_REASON_TEXTS: Readonly<Record<AskReason, string>> = {
  agent_allowed: 'Allowed: the agent has this capability.',
  user_and_agents_allowed: 'Allowed: the user has this permission and every agent in the chain has this capability.',
  agent_inactive:
    'Denied: the agent, or an agent in the chain, is not active, or was stopped after the token was issued.',
  outside_token: 'Denied: the token does not carry this capability.',
  outside_capabilities: 'Denied: the agent, or an agent in the chain, does not have this capability.',
  may_not_act_for_users: 'Denied: an agent in the chain may not act for users.',
  user_not_permitted: 'Denied: the user does not have this permission.',
  unparsed: 'Denied: the question names no capability of the agent. Send the capability as "action".',
  ambiguous: 'Denied: the question names more than one capability of the agent. Send one of them as "action".',
};
