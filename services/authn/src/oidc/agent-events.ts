import type { EventConsumers } from '@lumo/messaging';
import type { revokeAgent } from '../app/revoke-agent.js';
import type { AuthnTables } from '../tables.js';

type Handler = NonNullable<EventConsumers<AuthnTables>['agent.disabled']>;

/** News from the agent registry: tokens that it declared dead are told to the gateways. */
export function agentEvents(revoke: ReturnType<typeof revokeAgent>): EventConsumers<AuthnTables> {
  const end: Handler = async (events, tx) => {
    for (const { target, data } of events) {
      const { tokensNotBefore } = data;
      if (!target) continue;
      await revoke(tx, {
        agentId: target.id,
        ...(typeof tokensNotBefore === 'number' && { tokensNotBefore }),
      });
    }
  };
  /** New credentials or capabilities leave tokens alone, unless a secret or the right to act for users was withdrawn. */
  const endIfTold: Handler = (events, tx) =>
    end(
      events.filter(({ data }) => typeof data.tokensNotBefore === 'number'),
      tx,
    );
  return {
    'agent.disabled': end,
    'agent.deleted': end,
    'agent.updated': endIfTold,
    'agent.credentials.rotated': endIfTold,
  };
}
