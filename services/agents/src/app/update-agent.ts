import type { RequestContext } from '@lumo/tenancy';
import { type Agent, type AgentType, mayActForUsers, tokensNotBeforeAfter } from '../core/agent.js';
import { withActForUsers } from '../core/capabilities.js';
import type { AgentChange, AgentsPorts } from '../ports.js';
import { noSuchAgent, requireCapabilities, requireName } from './agent-input.js';

/** What is absent stays as it is. */
export interface UpdateAgent {
  readonly ref: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly type?: AgentType;
  /** Replaces all of them. */
  readonly capabilities?: readonly string[];
  /** Adds or removes `delegate:on_behalf`; wins over what `capabilities` says about it. */
  readonly canActOnBehalfOfUsers?: boolean;
}

/**
 * Changes an agent. Decisions read the agent as it is, so a capability that is taken away is gone at once, whatever tokens
 * say. Taking away the right to act for users also ends every delegation through the agent and its tokens (D-2).
 */
export function updateAgent(ports: AgentsPorts) {
  return async (_ctx: RequestContext, command: UpdateAgent): Promise<Agent> => {
    const wanted = {
      ...(command.name !== undefined && { name: requireName(command.name) }),
      ...(command.description !== undefined && { description: command.description || null }),
      ...(command.type !== undefined && { type: command.type }),
    };
    const capabilities = command.capabilities && requireCapabilities(command.capabilities);
    return ports.transactions.run(async (tx) => {
      const before = await ports.agents.lockForChange(tx, command.ref);
      if (!before) throw noSuchAgent();
      const after = withActForUsers(capabilities ?? before.capabilities, command.canActOnBehalfOfUsers);
      const change = onlyChanged(before, { ...wanted, capabilities: after });
      if (Object.keys(change).length === 0) return before;

      const nowMs = ports.clock.now();
      const now = new Date(nowMs);
      const withdrawn = mayActForUsers(before) && !mayActForUsers({ capabilities: after });
      const tokensNotBefore = tokensNotBeforeAfter(nowMs);
      const closed = withdrawn
        ? await ports.delegations.closeWithAgent(tx, before.agentId, 'delegation_withdrawn', now)
        : 0;
      const agent = await ports.agents.update(
        tx,
        before.agentId,
        withdrawn ? { ...change, tokensNotBefore } : change,
        now,
      );
      await ports.outbox.append(tx, {
        name: 'agent.updated',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
        data: {
          changed: Object.keys(change),
          ...(change.capabilities && {
            capabilitiesAdded: after.filter((capability) => !before.capabilities.includes(capability)),
            capabilitiesRemoved: before.capabilities.filter((capability) => !after.includes(capability)),
          }),
          ...(withdrawn && { tokensNotBefore, closedDelegations: closed }),
        },
      });
      return agent;
    });
  };
}

function onlyChanged(before: Agent, wanted: AgentChange): AgentChange {
  const { capabilities, ...plain } = wanted;
  const changed = Object.entries(plain).filter(([field, value]) => before[field as keyof typeof plain] !== value);
  return {
    ...(Object.fromEntries(changed) as AgentChange),
    ...(capabilities && !sameSet(capabilities, before.capabilities) && { capabilities }),
  };
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}
