import { createHash, randomUUID } from 'node:crypto';
import { agentsV1 } from '@lumo/contracts';
import { DomainError, newId, newSecret } from '@lumo/kit';
import { implement, type RpcImplementation } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';

export interface FakeAgent {
  readonly agentId: string;
  readonly secret: string;
  readonly orgId: string;
  capabilities: string[];
  status: agentsV1.AgentStatus;
  /** Epoch seconds. */
  tokensNotBefore: number;
}

/** The agent registry in memory, for tests of authn alone. It allows what a small reading of contract 4.6 allows. */
export interface FakeAgents {
  readonly implementation: RpcImplementation;
  create(orgId: string, ...capabilities: readonly string[]): FakeAgent;
  disable(agent: FakeAgent): void;
}

const MAX_DEPTH = 3;

export function fakeAgents(): FakeAgents {
  const agents = new Map<string, FakeAgent>();
  const find = (agentId: string): FakeAgent | undefined => {
    const agent = agents.get(agentId);
    return agent?.orgId === requireOrg().id ? agent : undefined;
  };
  const implementation = implement(agentsV1.AgentsService, {
    async getAgentClient({ agentId }) {
      const agent = find(agentId);
      if (!agent) throw new DomainError('not_found', 'resource_not_found', 'There is no such agent.');
      return {
        agentId,
        name: `Agent ${agentId}`,
        status: agent.status,
        secretSha256: [new Uint8Array(createHash('sha256').update(agent.secret).digest())],
        capabilities: agent.capabilities,
        tokensNotBefore: BigInt(agent.tokensNotBefore),
      };
    },
    async getAgentStatuses({ agentIds }) {
      return {
        agents: agentIds.map((agentId) => {
          const agent = find(agentId);
          return {
            agentId,
            status: agent?.status ?? agentsV1.AgentStatus.DELETED,
            tokensNotBefore: BigInt(agent?.tokensNotBefore ?? 0),
          };
        }),
      };
    },
    async authorizeExchange(question) {
      const actor = find(question.actorAgentId);
      if (actor?.status !== agentsV1.AgentStatus.ACTIVE) throw refused('invalid', 'invalid_grant');
      if (!question.actorScopes.includes('delegate:on_behalf')) throw refused('forbidden', 'delegation_not_allowed');
      const chain = [...question.chainAgentIds, question.actorAgentId];
      if (chain.length > MAX_DEPTH) {
        throw new DomainError('forbidden', 'delegation_depth_exceeded', 'Too deep.', {
          details: { max_depth: MAX_DEPTH },
        });
      }
      const wanted = question.requestedScopes.length > 0 ? question.requestedScopes : question.subjectScopes;
      if (wanted.some((scope) => !question.subjectScopes.includes(scope))) throw refused('invalid', 'invalid_scope');
      return {
        delegationId: randomUUID(),
        grantedScopes: wanted,
        chainAgentIds: chain,
        expiresAt: question.expiresAt,
        audience: question.audience,
      };
    },
  });
  return {
    implementation,
    create(orgId, ...capabilities) {
      const agent: FakeAgent = {
        agentId: newId('agent'),
        secret: newSecret('as'),
        orgId,
        capabilities: [...capabilities],
        status: agentsV1.AgentStatus.ACTIVE,
        tokensNotBefore: 0,
      };
      agents.set(agent.agentId, agent);
      return agent;
    },
    disable(agent) {
      agent.status = agentsV1.AgentStatus.DISABLED;
      agent.tokensNotBefore = Math.ceil(Date.now() / 1000) + 1;
    },
  };
}

function refused(kind: 'invalid' | 'forbidden', code: string): DomainError {
  return new DomainError(kind, code, `Refused: ${code}.`);
}
