import type { RequestContext } from '@lumo/tenancy';
import type { AgentStatus } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';

export interface AgentState {
  readonly agentId: string;
  readonly status: AgentStatus | 'deleted';
  /** Epoch seconds. */
  readonly tokensNotBefore: number;
}

/** One state for each id, in their order; `deleted` for an id that does not exist in the org. */
export function agentStatuses({ agents }: AgentsPorts) {
  return async (
    _ctx: RequestContext,
    { agentIds }: { readonly agentIds: readonly string[] },
  ): Promise<readonly AgentState[]> => {
    const found = await agents.byAgentIds(agentIds);
    return agentIds.map((agentId) => {
      const agent = found.get(agentId);
      return { agentId, status: agent?.status ?? 'deleted', tokensNotBefore: agent?.tokensNotBefore ?? 0 };
    });
  };
}
