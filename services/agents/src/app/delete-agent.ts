import type { RequestContext } from '@lumo/tenancy';
import { tokensNotBeforeAfter } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';
import { noSuchAgent } from './agent-input.js';

/** Removes an agent and its secrets, and ends what came from it. Its id is never given to another agent. */
export function deleteAgent(ports: AgentsPorts) {
  return (_ctx: RequestContext, { ref }: { readonly ref: string }): Promise<void> =>
    ports.transactions.run(async (tx) => {
      const agent = await ports.agents.lockForChange(tx, ref);
      if (!agent) throw noSuchAgent();
      const nowMs = ports.clock.now();
      const closedDelegations = await ports.delegations.closeWithAgent(
        tx,
        agent.agentId,
        'agent_deleted',
        new Date(nowMs),
      );
      await ports.agents.remove(tx, agent.agentId);
      await ports.outbox.append(tx, {
        name: 'agent.deleted',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
        data: { tokensNotBefore: tokensNotBeforeAfter(nowMs), closedDelegations },
      });
    });
}
