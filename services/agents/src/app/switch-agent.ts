import type { RequestContext } from '@lumo/tenancy';
import { type Agent, tokensNotBeforeAfter } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';
import { noSuchAgent } from './agent-input.js';

/** Lets a disabled agent act again. Tokens from before stay dead, and so do the delegations. Idempotent. */
export function enableAgent(ports: AgentsPorts) {
  return (_ctx: RequestContext, { ref }: { readonly ref: string }): Promise<Agent> =>
    ports.transactions.run(async (tx) => {
      const before = await ports.agents.lockForChange(tx, ref);
      if (!before) throw noSuchAgent();
      if (before.status === 'active') return before;
      const agent = await ports.agents.update(tx, before.agentId, { status: 'active' }, new Date(ports.clock.now()));
      await ports.outbox.append(tx, {
        name: 'agent.enabled',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
      });
      return agent;
    });
}

/**
 * Stops an agent: no new token, its tokens are dead, and so is everything that came from it: each delegation with the agent
 * anywhere in the chain ends, those above it go on (V-3). Idempotent.
 */
export function disableAgent(ports: AgentsPorts) {
  return (_ctx: RequestContext, { ref }: { readonly ref: string }): Promise<Agent> =>
    ports.transactions.run(async (tx) => {
      const before = await ports.agents.lockForChange(tx, ref);
      if (!before) throw noSuchAgent();
      if (before.status === 'disabled') return before;
      const nowMs = ports.clock.now();
      const now = new Date(nowMs);
      const tokensNotBefore = tokensNotBeforeAfter(nowMs);
      const closedDelegations = await ports.delegations.closeWithAgent(tx, before.agentId, 'agent_disabled', now);
      const agent = await ports.agents.update(tx, before.agentId, { status: 'disabled', tokensNotBefore }, now);
      await ports.outbox.append(tx, {
        name: 'agent.disabled',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
        data: { tokensNotBefore, closedDelegations },
      });
      return agent;
    });
}
