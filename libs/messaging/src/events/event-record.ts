import { EVENTS, type LumoEvent, type ServiceName } from '@lumo/contracts';
import { DomainError, isUuid, uuidv7 } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { context, propagation, trace } from '@opentelemetry/api';
import type { NewEvent } from './events.js';

/** An event with what it needs on its way: the org's slug for the consumer's context, and the trace it belongs to. */
export interface EventRecord {
  readonly event: LumoEvent;
  readonly orgSlug: string;
  readonly traceparent?: string;
}

/** Fills in who, where and when. Throws where the work has no org, or where the event belongs to another publisher. */
export function recordEvent(given: NewEvent, publisher: ServiceName, by: RequestContext, nowMs: number): EventRecord {
  if (EVENTS[given.name].publisher !== publisher) {
    throw new DomainError('internal', 'server_error', `${given.name} is not an event of ${publisher}`);
  }
  const orgId = given.orgId ?? by.org?.id;
  if (!orgId || !isUuid(orgId))
    throw new DomainError('internal', 'server_error', `${given.name} was recorded outside of an organization`);
  const { principal } = by;
  const traceId = trace.getSpanContext(context.active())?.traceId;
  const { traceparent } = traceHeaders();
  const event: LumoEvent = {
    id: uuidv7(nowMs),
    name: given.name,
    orgId,
    occurredAt: new Date(nowMs).toISOString(),
    actor: given.actor ?? {
      type: principal.type,
      id: principal.id,
      ...(principal.name !== undefined && { name: principal.name }),
    },
    actorChain: given.actorChain ?? principal.actors.map(({ type, id }) => ({ type, id })),
    ...(given.target && { target: given.target }),
    result: given.result ?? 'success',
    data: given.data ?? {},
    requestId: by.requestId,
    ...(traceId && { traceId }),
    ...(by.ip !== undefined && { ip: by.ip }),
    ...(by.userAgent !== undefined && { userAgent: by.userAgent }),
  };
  return {
    event,
    orgSlug: given.orgSlug ?? (by.org?.id === orgId ? by.org.slug : ''),
    ...(traceparent && { traceparent }),
  };
}

/** W3C trace headers of the work in hand; empty where no tracing is set up. */
function traceHeaders(): { readonly traceparent?: string } {
  const headers: { traceparent?: string } = {};
  propagation.inject(context.active(), headers);
  return headers;
}
