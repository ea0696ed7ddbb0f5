import type { RequestContext } from '@lumo/tenancy';
import type { Agent } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';
import { noSuchAgent } from './agent-input.js';

export interface AgentClient {
  readonly agent: Agent;
  /** SHA-256 of each secret that counts now. */
  readonly secretSha256: readonly Buffer[];
}

/**
 * An agent as an OAuth client, to authenticate it and to mint its token.
 * Right after its tokens were declared dead, the answer waits for the second in which a new one counts (at most one): a
 * token minted from it is never dead on arrival.
 */
export function agentClient({ agents, clock, wait }: AgentsPorts) {
  return async (_ctx: RequestContext, { agentId }: { readonly agentId: string }): Promise<AgentClient> => {
    const agent = await agents.byRef(agentId);
    if (agent?.agentId !== agentId) throw noSuchAgent();
    const secretSha256 = await agents.secrets(agentId, new Date(clock.now()));
    const early = agent.tokensNotBefore * 1000 - clock.now();
    if (agent.status === 'active' && early > 0) await wait(Math.min(early, 1000));
    return { agent, secretSha256 };
  };
}
