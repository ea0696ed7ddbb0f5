import { newId, type Secret, uuidv7 } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { Agent, AgentType } from '../core/agent.js';
import { withActForUsers } from '../core/capabilities.js';
import type { AgentsPorts } from '../ports.js';
import { requireCapabilities, requireName } from './agent-input.js';
import { newAgentSecret } from './agent-secret.js';

export interface CreateAgent {
  readonly name: string;
  readonly description?: string | null;
  readonly type?: AgentType;
  readonly capabilities?: readonly string[];
  /** The same as the capability `delegate:on_behalf`. */
  readonly canActOnBehalfOfUsers?: boolean;
}

export interface CreatedAgent {
  readonly agent: Agent;
  readonly clientSecret: Secret<string>;
}

/** Registers an agent and makes its first secret. The id is new also where the name was used before (V-9). */
export function createAgent(ports: AgentsPorts) {
  return async (_ctx: RequestContext, command: CreateAgent): Promise<CreatedAgent> => {
    const now = new Date(ports.clock.now());
    const agent: Agent = {
      id: uuidv7(now.getTime()),
      agentId: newId('agent'),
      name: requireName(command.name),
      description: command.description || null,
      type: command.type ?? 'service',
      status: 'active',
      capabilities: withActForUsers(requireCapabilities(command.capabilities ?? []), command.canActOnBehalfOfUsers),
      tokensNotBefore: 0,
      createdAt: now,
      updatedAt: now,
    };
    const { text, sha256 } = newAgentSecret();
    await ports.transactions.run(async (tx) => {
      await ports.agents.insert(tx, agent, sha256);
      await ports.outbox.append(tx, {
        name: 'agent.created',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
        data: { type: agent.type, capabilities: agent.capabilities },
      });
    });
    return { agent, clientSecret: text };
  };
}
