export { agents } from './agents.module.js';
export type { AgentsApp } from './app.js';
export { ACT_FOR_USERS } from './core/agent.js';
export type { AgentsTables } from './store/agents-tables.js';
