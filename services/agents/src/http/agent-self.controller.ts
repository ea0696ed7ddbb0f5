import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AgentsApp, CallerDescription } from '../app.js';
import { askRoute, meRoute } from './agent-self.routes.js';

/** `…/agents/me` and `…/agents/ask`: what an agent asks about itself (contract 4.2, 4.4). */
@Controller()
export class AgentSelfController {
  constructor(@Inject(APP) private readonly app: AgentsApp) {}

  @Handles(meRoute)
  async me({ ctx }: InputOf<typeof meRoute>): Promise<object> {
    const caller = await this.app.describeCaller(ctx);
    return {
      identity: identityOf(caller),
      capabilities: caller.capabilities,
      workspace: { slug: caller.orgSlug, api_base: caller.apiBase },
      ...(caller.agent && caller.user && { on_behalf_of: { type: 'user', id: caller.user.id } }),
      ...(caller.chain.length > 0 && { delegation_chain: caller.chain.map(({ id }) => id) }),
    };
  }

  @Handles(askRoute)
  async ask({ ctx, body }: InputOf<typeof askRoute>): Promise<object> {
    if (!body.action && !body.question) {
      throw new DomainError('invalid', 'invalid_request', 'Send "action": the capability you ask for.');
    }
    const answer = await this.app.ask(ctx, {
      ...(body.action ? { action: body.action } : { question: body.question ?? '' }),
      ...(body.context && { context: body.context }),
    });
    return {
      allowed: answer.allowed,
      action: answer.action,
      ...(body.context && { context: body.context }),
      reason: answer.text,
      reason_code: answer.reason,
      audit_id: answer.auditId,
      ...(!body.action && {
        explanation: answer.text,
        confidence: answer.action === '' ? 0 : 1,
        required_scopes: answer.action === '' ? [] : [answer.action],
      }),
    };
  }
}

function identityOf({ agent, user, orgSlug }: CallerDescription): object {
  if (!agent) return { id: user?.id, type: 'user', tenant: orgSlug };
  return {
    id: agent.id,
    type: 'agent',
    tenant: orgSlug,
    agent_id: agent.agentId,
    name: agent.name,
    status: agent.status,
  };
}
