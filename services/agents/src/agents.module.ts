import type { ServiceDefinition } from '@lumo/service';
import { type AgentsApp, createApp } from './app.js';
import { AgentAdminController } from './http/agent-admin.controller.js';
import { AgentSelfController } from './http/agent-self.controller.js';
import { agentsRpc } from './rpc/agents-rpc.js';
import type { AgentsTables } from './store/agents-tables.js';

/** Agents, what they may do at most, and for whom they act. */
export const agents: ServiceDefinition<AgentsApp, AgentsTables> & { readonly name: 'agents' } = {
  name: 'agents',
  schema: { name: 'agents', migrations: new URL('../migrations/', import.meta.url) },
  controllers: [AgentAdminController, AgentSelfController],
  createApp,
  rpc: (app) => [agentsRpc(app)],
  consumers: (app) => ({ 'user.deleted': app.closeDelegationsOfUsers }),
};
