import { DomainError } from '@lumo/kit';
import { type Actor, type RequestContext, requireOrg } from '@lumo/tenancy';
import type { Agent } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';
import { agentsOf } from './caller.js';

export interface CallerDescription {
  /** The agent that holds the token; absent where a person calls with their own token. */
  readonly agent?: Agent;
  readonly user?: { readonly id: string };
  /** First delegate first. */
  readonly chain: readonly Actor[];
  /** What a decision could allow now: the token, within what every agent of the chain has. */
  readonly capabilities: readonly string[];
  readonly orgSlug: string;
  /** Where the API of the org starts. */
  readonly apiBase: string;
}

/** Who the caller is, as of now: what `GET …/agents/me` answers. */
export function describeCaller({ agents }: AgentsPorts, baseUrl: string) {
  return async (ctx: RequestContext): Promise<CallerDescription> => {
    const { principal } = ctx;
    const orgSlug = requireOrg().slug;
    const workspace = { orgSlug, apiBase: `${baseUrl}/orgs/${orgSlug}/api/v1` };
    const agentIds = agentsOf(principal);
    const user = principal.type === 'user' ? { id: principal.id } : undefined;
    const current = agentIds.at(-1);
    if (current === undefined) return { ...(user && { user }), chain: [], capabilities: [], ...workspace };

    const found = await agents.byAgentIds(agentIds);
    const agent = found.get(current);
    if (!agent) throw new DomainError('unauthenticated', 'invalid_token', 'This agent no longer exists.');
    const inChain = agentIds.map((agentId) => found.get(agentId));
    const usable = inChain.every((hop) => hop?.status === 'active')
      ? agent.capabilities.filter((capability) => inChain.every((hop) => hop?.capabilities.includes(capability)))
      : [];
    const narrowed = user !== undefined || principal.scopes.length > 0;
    return {
      agent,
      ...(user && { user }),
      chain: principal.actors,
      capabilities: narrowed ? usable.filter((capability) => principal.scopes.includes(capability)) : usable,
      ...workspace,
    };
  };
}
