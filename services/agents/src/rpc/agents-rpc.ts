import { agentsV1 } from '@lumo/contracts';
import { implement, type RpcImplementation } from '@lumo/messaging';
import { requireContext } from '@lumo/tenancy';
import type { AgentState, AgentsApp } from '../app.js';
import { exchangeRefusal } from './exchange-refusal.js';

const STATUS = {
  active: agentsV1.AgentStatus.ACTIVE,
  disabled: agentsV1.AgentStatus.DISABLED,
  deleted: agentsV1.AgentStatus.DELETED,
} as const satisfies Record<AgentState['status'], agentsV1.AgentStatus>;

/** What the identity core asks about agents (proto/lumo/agents/v1). */
export function agentsRpc(app: AgentsApp): RpcImplementation {
  return implement(agentsV1.AgentsService, {
    async getAgentClient({ agentId }) {
      const { agent, secretSha256 } = await app.agentClient(requireContext(), { agentId });
      return {
        agentId: agent.agentId,
        name: agent.name,
        status: STATUS[agent.status],
        secretSha256: secretSha256.map((hash) => new Uint8Array(hash)),
        capabilities: [...agent.capabilities],
        tokensNotBefore: BigInt(agent.tokensNotBefore),
      };
    },

    async getAgentStatuses({ agentIds }) {
      const states = await app.agentStatuses(requireContext(), { agentIds });
      return {
        agents: states.map(({ agentId, status, tokensNotBefore }) => ({
          agentId,
          status: STATUS[status],
          tokensNotBefore: BigInt(tokensNotBefore),
        })),
      };
    },

    async authorizeExchange(request) {
      const decided = await app.authorizeExchange(requireContext(), {
        subject: {
          userId: request.subjectUserId,
          scopes: request.subjectScopes,
          chain: request.chainAgentIds,
        },
        actor: { agentId: request.actorAgentId, scopes: request.actorScopes },
        requestedScopes: request.requestedScopes,
        audience: request.audience,
        expiresAt: Number(request.expiresAt),
        ...(request.parentDelegationId && { parentDelegationId: request.parentDelegationId }),
      });
      if (!decided.ok) throw exchangeRefusal(decided.error);
      const { delegationId, scopes, chain, expiresAt, audience } = decided.value;
      return {
        delegationId,
        grantedScopes: [...scopes],
        chainAgentIds: [...chain],
        expiresAt: BigInt(expiresAt),
        audience,
      };
    },
  });
}
