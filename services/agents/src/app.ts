import { setTimeout as wait } from 'node:timers/promises';
import type { Platform } from '@lumo/service';
import { agentClient } from './app/agent-client.js';
import { agentStatuses } from './app/agent-statuses.js';
import { ask } from './app/ask.js';
import { authorizeExchange } from './app/authorize-exchange.js';
import { closeDelegationsOfUsers } from './app/close-delegations-of-users.js';
import { createAgent } from './app/create-agent.js';
import { deleteAgent } from './app/delete-agent.js';
import { describeCaller } from './app/describe-caller.js';
import { listAgents, readAgent } from './app/read-agents.js';
import { rotateCredentials } from './app/rotate-credentials.js';
import { disableAgent, enableAgent } from './app/switch-agent.js';
import { updateAgent } from './app/update-agent.js';
import type { AgentsPorts } from './ports.js';
import { createCheckPermission } from './rpc/check-permission.js';
import { createAgentStore } from './store/agent-store.js';
import type { AgentsTables } from './store/agents-tables.js';
import { createDelegationStore } from './store/delegation-store.js';
import { createTransactions } from './store/transactions.js';

export type { AgentState } from './app/agent-statuses.js';
export type { CallerDescription } from './app/describe-caller.js';
export type { Agent } from './core/agent.js';
export type { ExchangeRefusal } from './core/authorize-exchange.js';

/** Everything the agents service does, one function each. */
export type AgentsApp = ReturnType<typeof composeApp>;

export function createApp(platform: Platform<AgentsTables>): AgentsApp {
  const { database, rpc, outbox, activity, clock, baseUrl } = platform;
  return composeApp(
    {
      transactions: createTransactions(database),
      agents: createAgentStore(database),
      delegations: createDelegationStore(),
      check: createCheckPermission(rpc),
      outbox,
      activity,
      clock,
      wait: (milliseconds) => wait(milliseconds),
    },
    baseUrl,
  );
}

/** The operations over given ports. */
export function composeApp(ports: AgentsPorts, baseUrl: string) {
  return {
    listAgents: listAgents(ports),
    readAgent: readAgent(ports),
    createAgent: createAgent(ports),
    updateAgent: updateAgent(ports),
    deleteAgent: deleteAgent(ports),
    enableAgent: enableAgent(ports),
    disableAgent: disableAgent(ports),
    rotateCredentials: rotateCredentials(ports),
    describeCaller: describeCaller(ports, baseUrl),
    ask: ask(ports),
    agentClient: agentClient(ports),
    agentStatuses: agentStatuses(ports),
    authorizeExchange: authorizeExchange(ports),
    closeDelegationsOfUsers: closeDelegationsOfUsers(ports),
  };
}
