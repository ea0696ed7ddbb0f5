import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AgentsApp } from '../app.js';
import * as routes from './agent-admin.routes.js';
import { type AgentView, viewAgent } from './agent-view.js';

/** `…/admin/agents`: the registry of agents (contract 4.2). */
@Controller()
export class AgentAdminController {
  constructor(@Inject(APP) private readonly app: AgentsApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<AgentView>> {
    const { rows, total } = await this.app.listAgents(ctx, query);
    return listBody('agents', query, { rows: rows.map(viewAgent), total });
  }

  @Handles(routes.createRoute)
  async create({ ctx, body }: InputOf<typeof routes.createRoute>): Promise<object> {
    const { agent, clientSecret } = await this.app.createAgent(ctx, body);
    return {
      data: { ...viewAgent(agent), clientSecret: clientSecret.reveal() },
      message: 'Agent created. Keep the client secret now: it is not shown again.',
    };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    return { data: viewAgent(await this.app.readAgent(ctx, { ref: params.agentId })) };
  }

  @Handles(routes.updateRoute)
  async update({ ctx, params, body }: InputOf<typeof routes.updateRoute>): Promise<object> {
    const agent = await this.app.updateAgent(ctx, { ...body, ref: params.agentId });
    return { data: viewAgent(agent), message: 'Agent updated.' };
  }

  @Handles(routes.deleteRoute)
  async delete({ ctx, params }: InputOf<typeof routes.deleteRoute>): Promise<object> {
    await this.app.deleteAgent(ctx, { ref: params.agentId });
    return { message: 'Agent deleted.' };
  }

  @Handles(routes.enableRoute)
  async enable({ ctx, params }: InputOf<typeof routes.enableRoute>): Promise<object> {
    return { message: 'Agent enabled.', agent: viewAgent(await this.app.enableAgent(ctx, { ref: params.agentId })) };
  }

  @Handles(routes.disableRoute)
  async disable({ ctx, params }: InputOf<typeof routes.disableRoute>): Promise<object> {
    return { message: 'Agent disabled.', agent: viewAgent(await this.app.disableAgent(ctx, { ref: params.agentId })) };
  }

  @Handles(routes.activateRoute)
  async activate({ ctx, params }: InputOf<typeof routes.activateRoute>): Promise<object> {
    return { data: viewAgent(await this.app.enableAgent(ctx, { ref: params.agentId })), message: 'Agent activated.' };
  }

  @Handles(routes.deactivateRoute)
  async deactivate({ ctx, params }: InputOf<typeof routes.deactivateRoute>): Promise<object> {
    return {
      data: viewAgent(await this.app.disableAgent(ctx, { ref: params.agentId })),
      message: 'Agent deactivated.',
    };
  }

  @Handles(routes.rotateCredentialsRoute)
  async rotateCredentials({ ctx, params, body }: InputOf<typeof routes.rotateCredentialsRoute>): Promise<object> {
    const { agent, clientSecret, oldSecretEndsAt } = await this.app.rotateCredentials(ctx, {
      ref: params.agentId,
      overlapSeconds: body?.overlapSeconds ?? 0,
    });
    return {
      data: {
        ...viewAgent(agent),
        clientSecret: clientSecret.reveal(),
        oldSecretEndsAt: oldSecretEndsAt.toISOString(),
      },
      message: 'Credentials rotated. Keep the client secret now: it is not shown again.',
    };
  }

  @Handles(routes.readScopesRoute)
  async readScopes({ ctx, params }: InputOf<typeof routes.readScopesRoute>): Promise<ListBody<string>> {
    const { capabilities } = await this.app.readAgent(ctx, { ref: params.agentId });
    // An agent has at most 100: all of them are one page.
    return listBody('scopes', { page: 1, limit: 100 }, { rows: capabilities, total: capabilities.length });
  }

  @Handles(routes.writeScopesRoute)
  async writeScopes({ ctx, params, body }: InputOf<typeof routes.writeScopesRoute>): Promise<object> {
    const agent = await this.app.updateAgent(ctx, { ref: params.agentId, capabilities: body.scopes });
    return { data: agent.capabilities, message: 'Scopes updated.' };
  }
}
