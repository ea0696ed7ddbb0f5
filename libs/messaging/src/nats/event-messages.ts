import { eventSchema } from '@lumo/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { EventRecord } from '../events/event-record.js';

const ORG_SLUG_HEADER = 'x-lumo-org-slug';
const TRACE_HEADER = 'traceparent';

export function headersOf({ orgSlug, traceparent }: EventRecord): MsgHdrs {
  const all = headers();
  all.set(ORG_SLUG_HEADER, orgSlug);
  if (traceparent) all.set(TRACE_HEADER, traceparent);
  return all;
}

/** The event of a message; undefined for one that no publisher of ours wrote. */
export function recordOf(message: JsMsg): EventRecord | undefined {
  try {
    const traceparent = message.headers?.get(TRACE_HEADER);
    return {
      event: eventSchema.parse(message.json()),
      orgSlug: message.headers?.get(ORG_SLUG_HEADER) ?? '',
      ...(traceparent && { traceparent }),
    };
  } catch {
    return undefined;
  }
}
