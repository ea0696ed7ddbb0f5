import { agentsV1 } from '@lumo/contracts';
import { isDomainError } from '@lumo/kit';
import type { RpcClient } from '@lumo/messaging';
import type { Agents } from '../oidc-ports.js';

/** Agents, asked of their registry: always anew, so that a disabled agent is refused at once. */
export function createAgentRegistry(registry: RpcClient<typeof agentsV1.AgentsService>): Agents {
  return {
    async client(agentId) {
      try {
        const agent = await registry.getAgentClient({ agentId });
        return {
          agentId: agent.agentId,
          name: agent.name,
          isActive: agent.status === agentsV1.AgentStatus.ACTIVE,
          secretSha256: agent.secretSha256,
          capabilities: agent.capabilities,
        };
      } catch (error) {
        if (isDomainError(error) && error.kind === 'not_found') return undefined;
        throw error;
      }
    },
    async areLive(agentIds, issuedAt) {
      if (agentIds.length === 0) return true;
      const { agents } = await registry.getAgentStatuses({ agentIds: [...new Set(agentIds)] });
      const issuedSeconds = BigInt(Math.floor(issuedAt.getTime() / 1000));
      return agents.every(
        ({ status, tokensNotBefore }) => status === agentsV1.AgentStatus.ACTIVE && issuedSeconds >= tokensNotBefore,
      );
    },
    async authorizeExchange(question) {
      const { delegationId, grantedScopes, chainAgentIds, expiresAt } = await registry.authorizeExchange({
        ...question,
        subjectScopes: [...question.subjectScopes],
        chainAgentIds: [...question.chainAgentIds],
        actorScopes: [...question.actorScopes],
        requestedScopes: [...question.requestedScopes],
        expiresAt: BigInt(question.expiresAt),
      });
      return { delegationId, scopes: grantedScopes, chainAgentIds, expiresAt: Number(expiresAt) };
    },
  };
}
