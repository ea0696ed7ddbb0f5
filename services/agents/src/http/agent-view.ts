import { z } from 'zod';
import type { Agent } from '../app.js';

export const agentType = z.enum(['ai_assistant', 'service', 'bot', 'integration']);
export const agentStatus = z.enum(['active', 'disabled']);

/** An agent as the admin API shows it (contract 4.2). */
export const agentSchema = z
  .object({
    id: z.uuid(),
    agentId: z.string(),
    /** The agent's OAuth client id; the same as `agentId`. */
    clientId: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    type: agentType,
    status: agentStatus,
    isActive: z.boolean(),
    identityType: z.literal('client_credentials'),
    capabilities: z.array(z.string()),
    canActOnBehalfOfUsers: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Agent' });

export const agentWithSecretSchema = agentSchema.extend({ clientSecret: z.string() });

export type AgentView = z.infer<typeof agentSchema>;

export function viewAgent(agent: Agent): AgentView {
  return {
    id: agent.id,
    agentId: agent.agentId,
    clientId: agent.agentId,
    name: agent.name,
    description: agent.description,
    type: agent.type,
    status: agent.status,
    isActive: agent.status === 'active',
    identityType: 'client_credentials',
    capabilities: [...agent.capabilities],
    canActOnBehalfOfUsers: agent.capabilities.includes('delegate:on_behalf'),
    createdAt: agent.createdAt.toISOString(),
    updatedAt: agent.updatedAt.toISOString(),
  };
}
