import { DomainError } from '@lumo/kit';
import { type Actor, type RequestContext, requireOrg } from '@lumo/tenancy';
import { type Agent, mayAct } from '../core/agent.js';
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

/**
 * Who the caller is, as of now: what `GET …/agents/me` answers. `invalid_token` where an agent of the call was stopped:
 * this service knows it before the gateways do.
 */
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
    const inChain = agentIds.map((agentId) => found.get(agentId));
    if (!agent || !inChain.every((hop) => mayAct(hop, principal.issuedAtSeconds))) {
      throw new DomainError('unauthenticated', 'invalid_token', 'An agent of this token was stopped. Get a new token.');
    }
    const usable = agent.capabilities.filter((capability) =>
      inChain.every((hop) => hop?.capabilities.includes(capability)),
    );
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
