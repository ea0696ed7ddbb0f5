import type { RequestContext } from '@lumo/tenancy';
import type { Agent } from '../core/agent.js';
import type { AgentQuery, AgentsPorts, Page } from '../ports.js';
import { noSuchAgent } from './agent-input.js';

export function listAgents({ agents }: AgentsPorts) {
  return (_ctx: RequestContext, query: AgentQuery): Promise<Page<Agent>> => agents.list(query);
}

/** By UUID or `agt_…`; `resource_not_found` for an unknown one and for one of another org. */
export function readAgent({ agents }: AgentsPorts) {
  return async (_ctx: RequestContext, command: { readonly ref: string }): Promise<Agent> => {
    const agent = await agents.byRef(command.ref);
    if (!agent) throw noSuchAgent();
    return agent;
  };
}
