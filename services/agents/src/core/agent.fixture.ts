import type { Agent } from './agent.js';

/** An active agent for tests. */
export function agentNamed(agentId: string, capabilities: readonly string[]): Agent {
  return {
    id: '01990000-0000-7000-8000-000000000000',
    agentId,
    name: agentId,
    description: null,
    type: 'service',
    status: 'active',
    capabilities,
    tokensNotBefore: 0,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  };
}
