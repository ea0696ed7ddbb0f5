import type { ServiceName } from '@lumo/contracts';
import { type Clock, systemClock } from '@lumo/kit';
import { requireContext } from '@lumo/tenancy';
import { recordEvent } from './event-record.js';
import type { Outbox } from './events.js';
import { insertEvents } from './outbox-table.js';

/** The outbox of one service. `appended` tells the relay that something is about to be committed. */
export function createOutbox(options: {
  readonly service: ServiceName;
  readonly clock?: Clock;
  readonly appended: () => void;
}): Outbox {
  const { service, clock = systemClock, appended } = options;
  return {
    async append(tx, ...events) {
      if (events.length === 0) return;
      const context = requireContext();
      const nowMs = clock.now();
      await insertEvents(
        tx,
        events.map((event) => recordEvent(event, service, context, nowMs)),
      );
      appended();
    },
  };
}
