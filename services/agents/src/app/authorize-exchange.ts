import { err, ok, type Result, uuidv7 } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import {
  authorizeExchange as decide,
  type ExchangeGrant,
  type ExchangeInput,
  type ExchangeRefusal,
} from '../core/authorize-exchange.js';
import { MAX_LIVE_ROOTS_PER_USER_AND_AGENT } from '../core/delegation.js';
import type { AgentsPorts } from '../ports.js';

export interface AuthorizeExchange
  extends Pick<ExchangeInput, 'subject' | 'actor' | 'requestedScopes' | 'audience' | 'expiresAt'> {
  /** The delegation that the subject token names. */
  readonly parentDelegationId?: string;
}

export interface RecordedDelegation extends ExchangeGrant {
  readonly delegationId: string;
}

/**
 * Decides whether an agent may act for a user and records the delegation, or the refusal, with its event in one
 * transaction. The agents stay as they are until it ends: an agent that is disabled meanwhile finds the delegation and
 * ends it.
 */
export function authorizeExchange(ports: AgentsPorts) {
  return (_ctx: RequestContext, command: AuthorizeExchange): Promise<Result<RecordedDelegation, ExchangeRefusal>> =>
    ports.transactions.run(async (tx) => {
      const { subject, actor, parentDelegationId } = command;
      const nowMs = ports.clock.now();
      const now = new Date(nowMs);
      const agents = await ports.agents.lockForDecision(tx, [...new Set([...subject.chain, actor.agentId])]);
      const parent = parentDelegationId ? await ports.delegations.lock(tx, parentDelegationId) : undefined;
      const liveRoots =
        parentDelegationId || !agents.has(actor.agentId)
          ? 0
          : await ports.delegations.countLiveRoots(
              tx,
              { userId: subject.userId, agentId: actor.agentId },
              now,
              MAX_LIVE_ROOTS_PER_USER_AND_AGENT,
            );
      const decided = decide(
        { ...command, agents, parent, namesParent: parentDelegationId !== undefined, liveRoots },
        nowMs,
      );

      const actorName = agents.get(actor.agentId)?.name;
      const actorInEvent = { id: actor.agentId, ...(actorName !== undefined && { name: actorName }) };
      if (!decided.ok) {
        await ports.outbox.append(tx, {
          name: 'agent.delegation_refused',
          result: 'denied',
          actor: { type: 'agent', ...actorInEvent },
          actorChain: [],
          target: { type: 'user', id: subject.userId },
          data: { ...decided.error, chain: subject.chain, requestedScopes: command.requestedScopes.slice(0, 100) },
        });
        return err(decided.error);
      }

      const { chain, scopes, audience, expiresAt } = decided.value;
      const delegationId = uuidv7(nowMs);
      await ports.delegations.insert(
        tx,
        { id: delegationId, parentId: parent?.id ?? null, userId: subject.userId, chain, scopes, audience, expiresAt },
        now,
      );
      await ports.outbox.append(tx, {
        name: 'agent.delegated',
        actor: { type: 'user', id: subject.userId },
        actorChain: chain.map((id) => ({ type: 'agent', id })),
        target: { type: 'agent', ...actorInEvent },
        data: {
          delegationId,
          ...(parent && { parentDelegationId: parent.id }),
          scopes,
          ...(audience && { audience }),
          expiresAt: new Date(expiresAt * 1000).toISOString(),
        },
      });
      return ok({ delegationId, chain, scopes, audience, expiresAt });
    });
}
