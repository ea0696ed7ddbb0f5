import type { Secret } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { type Agent, tokensNotBeforeAfter } from '../core/agent.js';
import type { AgentsPorts } from '../ports.js';
import { noSuchAgent } from './agent-input.js';
import { newAgentSecret } from './agent-secret.js';

export interface RotateCredentials {
  readonly ref: string;
  /**
   * How long the old secret still counts beside the new one. 0: the old secret may be in wrong hands, so it
   * and every token that was issued until now die at once.
   */
  readonly overlapSeconds: number;
}

export interface RotatedCredentials {
  readonly agent: Agent;
  readonly clientSecret: Secret<string>;
  readonly oldSecretEndsAt: Date;
}

/** Gives an agent a new secret. */
export function rotateCredentials(ports: AgentsPorts) {
  return (_ctx: RequestContext, { ref, overlapSeconds }: RotateCredentials): Promise<RotatedCredentials> =>
    ports.transactions.run(async (tx) => {
      const before = await ports.agents.lockForChange(tx, ref);
      if (!before) throw noSuchAgent();
      const nowMs = ports.clock.now();
      const now = new Date(nowMs);
      const oldSecretEndsAt = new Date(nowMs + overlapSeconds * 1000);
      const { text, sha256 } = newAgentSecret();
      await ports.agents.addSecret(tx, before.agentId, sha256, now, oldSecretEndsAt);
      const tokensNotBefore = overlapSeconds === 0 ? tokensNotBeforeAfter(nowMs) : undefined;
      const agent = await ports.agents.update(tx, before.agentId, { tokensNotBefore }, now);
      await ports.outbox.append(tx, {
        name: 'agent.credentials.rotated',
        target: { type: 'agent', id: agent.agentId, name: agent.name },
        data: {
          oldSecretEndsAt: oldSecretEndsAt.toISOString(),
          ...(tokensNotBefore !== undefined && { tokensNotBefore }),
        },
      });
      return { agent, clientSecret: text, oldSecretEndsAt };
    });
}
