import { deadBefore } from '../core/dead-before.js';
import { LONGEST_ACCESS_TOKEN_SECONDS } from '../core/lifetimes.js';
import { subjectClaim } from '../core/subject.js';
import type { Tx } from '../ports.js';
import type { TokenDeps } from './token-deps.js';

/**
 * Tells the gateways that an agent's tokens are dead, also those that others let it act with. `tokensNotBefore` (epoch
 * seconds) is what the agent registry decided; without it, now counts.
 */
export function revokeAgent({ clock, revocationLog }: Pick<TokenDeps, 'clock' | 'revocationLog'>) {
  return async (tx: Tx, { agentId, tokensNotBefore }: { agentId: string; tokensNotBefore?: number }): Promise<void> => {
    const notBefore =
      tokensNotBefore === undefined ? deadBefore(new Date(clock.now())) : new Date(tokensNotBefore * 1000);
    await revocationLog.add(tx, {
      what: { kind: 'subject', subject: subjectClaim({ type: 'agent', id: agentId }) },
      notBefore,
      expiresAt: new Date(notBefore.getTime() + LONGEST_ACCESS_TOKEN_SECONDS * 1000),
    });
  };
}
