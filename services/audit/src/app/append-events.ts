import { EVENTS, type EventDefinition, type LumoEvent } from '@lumo/contracts';
import { requireOrg } from '@lumo/tenancy';
import { appendToChain, emptyChain } from '../core/hash-chain.js';
import type { LogFact } from '../core/log-record.js';
import { storableJson, storableText } from '../core/storable.js';
import type { AuditPorts, Tx } from '../ports.js';

/** An index entry holds about 2 700 bytes: an id of 512 characters fits in any script. */
const MAX_ID_CHARS = 512;
const MAX_NAME_CHARS = 1000;

/** Adds events of the org in context to its log, each once, and moves the head of the chain, in the given transaction. */
export function appendEvents({ writer, clock }: AuditPorts) {
  return async (events: readonly LumoEvent[], tx: Tx): Promise<void> => {
    const org = requireOrg();
    const strange = events.find((event) => event.orgId.toLowerCase() !== org.id.toLowerCase());
    if (strange) throw new Error(`event ${strange.id} belongs to another organization than the one it came with`);

    const head = await writer.lockHead(tx, emptyChain(org.id));
    const known = await writer.known(
      tx,
      events.map((event) => event.id),
    );
    const fresh = new Map<string, LogFact>();
    for (const event of events) {
      const fact = toFact(event);
      if (!known.has(fact.eventId) && !fresh.has(fact.eventId)) fresh.set(fact.eventId, fact);
    }
    await writer.append(tx, appendToChain(head, [...fresh.values()], new Date(clock.now())));
  };
}

function toFact(event: LumoEvent): LogFact {
  const definition: EventDefinition | undefined = EVENTS[event.name as keyof typeof EVENTS];
  return {
    eventId: event.id.toLowerCase(),
    occurredAt: new Date(event.occurredAt),
    name: storableText(event.name, MAX_ID_CHARS),
    // An event of a newer publisher than this service: kept, and shown as what it is.
    category: definition?.category ?? 'unknown',
    severity: definition?.severity ?? 'info',
    result: event.result,
    actor: { type: event.actor.type, id: storableText(event.actor.id, MAX_ID_CHARS), name: text(event.actor.name) },
    actorChain: event.actorChain.map(({ type, id }) => ({
      type: storableText(type, MAX_ID_CHARS),
      id: storableText(id, MAX_ID_CHARS),
    })),
    target: event.target
      ? {
          type: storableText(event.target.type, MAX_ID_CHARS),
          id: storableText(event.target.id, MAX_ID_CHARS),
          name: text(event.target.name),
        }
      : null,
    userEmail: emailOf(event),
    ip: text(event.ip),
    userAgent: text(event.userAgent),
    requestId: storableText(event.requestId, MAX_ID_CHARS),
    traceId: text(event.traceId),
    data: storableJson(event.data) as Readonly<Record<string, unknown>>,
  };
}

function text(value: string | undefined): string | null {
  return value === undefined ? null : storableText(value, MAX_NAME_CHARS);
}

/** The person the record is about: the one who acted, else the one it was done to. */
function emailOf({ actor, target, data }: LumoEvent): string | null {
  const candidates = [
    actor.type === 'user' ? actor.name : undefined,
    data.email,
    target?.type === 'user' ? target.name : undefined,
  ];
  const email = candidates.find((value) => typeof value === 'string' && /^[^\s@]+@[^\s@]+$/.test(value)) as
    | string
    | undefined;
  return email === undefined ? null : storableText(email.toLowerCase(), MAX_ID_CHARS);
}
