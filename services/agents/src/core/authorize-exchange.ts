import { err, ok, type Result } from '@lumo/kit';
import { ACT_FOR_USERS, type Agent, mayActForUsers } from './agent.js';
import { isReservedScope } from './capabilities.js';
import {
  type Delegation,
  MAX_CHILDREN_PER_DELEGATION,
  MAX_DELEGATION_DEPTH,
  MAX_LIVE_ROOTS_PER_USER_AND_AGENT,
} from './delegation.js';

/** What is known when an agent asks to act for a user (RFC 8693; contract 2.6, 4.6). */
export interface ExchangeInput {
  readonly subject: {
    readonly userId: string;
    readonly scopes: readonly string[];
    /** Agents in the subject token, first delegate first; empty for the user's own token. */
    readonly chain: readonly string[];
  };
  readonly actor: {
    readonly agentId: string;
    /** Scopes of the actor token; empty where it was issued without narrowing the capabilities. */
    readonly scopes: readonly string[];
  };
  /** Empty where the caller named none. */
  readonly requestedScopes: readonly string[];
  /** Empty where the caller named none. */
  readonly audience: string;
  /** Epoch seconds: the earliest expiry among the tokens presented. */
  readonly expiresAt: number;
  /** The actor and the agents of the chain as they are now, by agent id. One that is gone is absent. */
  readonly agents: ReadonlyMap<string, Agent>;
  /** Where the token names a delegation: that one, or undefined where it is gone. */
  readonly parent: Delegation | undefined;
  readonly namesParent: boolean;
  /** Live delegations of this user that this actor already holds, counted only where there is no parent. */
  readonly liveRoots: number;
}

export interface ExchangeGrant {
  readonly chain: readonly string[];
  readonly scopes: readonly string[];
  readonly audience: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

export type ExchangeRefusal =
  | { readonly reason: 'expired' }
  | { readonly reason: 'actor_inactive'; readonly agentId: string }
  | { readonly reason: 'delegation_ended' }
  | { readonly reason: 'chain_broken'; readonly agentId: string }
  | { readonly reason: 'agent_twice'; readonly agentId: string }
  | { readonly reason: 'too_deep'; readonly max: number }
  | { readonly reason: 'actor_may_not_act'; readonly agentId: string }
  | { readonly reason: 'actor_token_too_narrow' }
  | { readonly reason: 'audience_wider' }
  | { readonly reason: 'scope_wider'; readonly scopes: readonly string[] }
  | { readonly reason: 'too_many_children'; readonly max: number };

/**
 * Decides whether the actor may act for the subject, and with what.
 * Everything only shrinks: scopes are those of the subject token that the actor and every agent before it may use now,
 * the audience never changes once it is set, the end is the earliest of all ends. `now` in epoch milliseconds.
 */
export function authorizeExchange(input: ExchangeInput, now: number): Result<ExchangeGrant, ExchangeRefusal> {
  const { subject, actor, agents, parent } = input;
  if (input.expiresAt * 1000 <= now) return err({ reason: 'expired' });

  const actorAgent = agents.get(actor.agentId);
  if (actorAgent?.status !== 'active') return err({ reason: 'actor_inactive', agentId: actor.agentId });

  if (!continuesParent(input, now)) return err({ reason: 'delegation_ended' });
  for (const agentId of subject.chain) {
    const agent = agents.get(agentId);
    if (agent?.status !== 'active' || !mayActForUsers(agent)) return err({ reason: 'chain_broken', agentId });
  }

  const chain = [...subject.chain, actor.agentId];
  if (new Set(chain).size < chain.length) return err({ reason: 'agent_twice', agentId: actor.agentId });
  if (chain.length > MAX_DELEGATION_DEPTH) return err({ reason: 'too_deep', max: MAX_DELEGATION_DEPTH });

  if (!mayActForUsers(actorAgent)) return err({ reason: 'actor_may_not_act', agentId: actor.agentId });
  if (actor.scopes.length > 0 && !actor.scopes.includes(ACT_FOR_USERS))
    return err({ reason: 'actor_token_too_narrow' });

  const bound = parent?.audience ?? '';
  if (bound !== '' && input.audience !== '' && input.audience !== bound) return err({ reason: 'audience_wider' });

  const available = delegableScopes(input, actorAgent);
  const wider = input.requestedScopes.filter((scope) => !available.includes(scope));
  if (wider.length > 0) return err({ reason: 'scope_wider', scopes: wider });

  if (parent ? parent.childCount >= MAX_CHILDREN_PER_DELEGATION : input.liveRoots >= MAX_LIVE_ROOTS_PER_USER_AND_AGENT)
    return err({
      reason: 'too_many_children',
      max: parent ? MAX_CHILDREN_PER_DELEGATION : MAX_LIVE_ROOTS_PER_USER_AND_AGENT,
    });

  return ok({
    chain,
    scopes: input.requestedScopes.length > 0 ? [...new Set(input.requestedScopes)] : available,
    audience: input.audience || bound,
    expiresAt: Math.min(input.expiresAt, parent?.expiresAt ?? input.expiresAt),
  });
}

/** A token with a chain must come from a delegation that is open and is about the same user and the same agents. */
function continuesParent({ subject, parent, namesParent }: ExchangeInput, now: number): boolean {
  if (subject.chain.length === 0) return !namesParent;
  if (!parent) return false;
  return (
    !parent.closed &&
    parent.expiresAt * 1000 > now &&
    parent.userId === subject.userId &&
    parent.chain.length === subject.chain.length &&
    parent.chain.every((agentId, hop) => agentId === subject.chain[hop])
  );
}

/**
 * What may be handed on: scopes of the subject token that the actor token carries and that every agent of the new chain
 * has as a capability now. Scopes about the user's identity, admin scopes and the right to act for users stay behind:
 * the first two are no permissions of an agent, the third is each agent's own.
 */
function delegableScopes({ subject, actor, agents, parent }: ExchangeInput, actorAgent: Agent): readonly string[] {
  const narrowed = actor.scopes.length > 0 ? new Set(actor.scopes) : undefined;
  const inChain = [...subject.chain.flatMap((agentId) => agents.get(agentId) ?? []), actorAgent];
  return [...new Set(subject.scopes)].filter(
    (scope) =>
      scope !== ACT_FOR_USERS &&
      !isReservedScope(scope) &&
      (!narrowed || narrowed.has(scope)) &&
      (!parent || parent.scopes.includes(scope)) &&
      inChain.every((agent) => agent.capabilities.includes(scope)),
  );
}
