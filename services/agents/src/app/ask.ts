import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { ASK_REASON_TEXTS, type AskDecision, decideAsk } from '../core/ask.js';
import { readQuestion } from '../core/question.js';
import type { AgentsPorts } from '../ports.js';
import { agentsOf } from './caller.js';

export interface Ask {
  /** The capability that is asked for. */
  readonly action?: string;
  /** A sentence; read only where `action` is absent. */
  readonly question?: string;
  /** Facts of the case. They reach the policies of the org, never the answer's text. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface AskAnswer extends AskDecision {
  /** The capability that was decided on; empty where the question named none. */
  readonly action: string;
  readonly text: string;
  /** 16 hex characters; the audit record carries them too. */
  readonly auditId: string;
}

/** Decides whether the calling agent may do something now, and records the question with the answer. */
export function ask(ports: AgentsPorts) {
  return async (ctx: RequestContext, command: Ask): Promise<AskAnswer> => {
    const { principal } = ctx;
    const agentIds = agentsOf(principal);
    const current = agentIds.at(-1);
    if (current === undefined) {
      throw new DomainError(
        'forbidden',
        'agent_token_required',
        'Ask with the token of an agent, or with a token in which an agent acts for a user.',
      );
    }
    const found = await ports.agents.byAgentIds(agentIds);
    const agents = agentIds.map((agentId) => found.get(agentId));

    let decision: AskDecision;
    let action = command.action ?? '';
    if (command.action === undefined) {
      const reading = readQuestion(command.question ?? '', found.get(current)?.capabilities ?? []);
      if (reading.kind === 'action') action = reading.action;
      else decision = { allowed: false, reason: reading.kind };
    }
    decision ??= await decide(action);
    const auditId = randomBytes(8).toString('hex');
    ports.activity.record({
      name: 'agent.action',
      target: { type: 'capability', id: action },
      result: decision.allowed ? 'success' : 'denied',
      data: {
        auditId,
        action,
        reason: decision.reason,
        ...(command.context && { contextSha256: sha256OfJson(command.context) }),
      },
    });
    return { ...decision, action, text: ASK_REASON_TEXTS[decision.reason], auditId };

    async function decide(asked: string): Promise<AskDecision> {
      const { scopes, issuedAtSeconds } = principal;
      const input = { action: asked, scopes, ...(issuedAtSeconds !== undefined && { issuedAtSeconds }), agents };
      if (principal.type === 'agent') return decideAsk(input);
      // The engine is asked only where its answer can matter.
      const withoutUser = decideAsk({ ...input, user: { permitted: true } });
      if (!withoutUser.allowed) return withoutUser;
      return decideAsk({ ...input, user: { permitted: await ports.check(principal.id, asked, command.context) } });
    }
  };
}

/** Facts of a case may be private: the audit record can prove them and does not show them (T-8). */
function sha256OfJson(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
