import type { LumoEvent } from '@lumo/contracts';
import type { AgentsPorts, Tx } from '../ports.js';

/** Ends every delegation of users that are gone. Applying an event twice changes nothing. */
export function closeDelegationsOfUsers({ delegations, clock }: AgentsPorts) {
  return async (events: readonly LumoEvent[], tx: Tx): Promise<void> => {
    const userIds = events.flatMap((event) => (event.target ? [event.target.id] : []));
    await delegations.closeOfUsers(tx, userIds, 'user_deleted', new Date(clock.now()));
  };
}
