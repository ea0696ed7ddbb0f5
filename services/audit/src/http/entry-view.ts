import { z } from 'zod';
import type { LogEntry } from '../app.js';

const party = z.object({ type: z.string(), id: z.string() });

/** A record as the list shows it (contract 8.7), with the names that the CLI reads. */
export const entrySchema = z
  .object({
    id: z.int(),
    createdAt: z.iso.datetime(),
    eventType: z.string(),
    /** The same as `eventType`. */
    action: z.string(),
    category: z.string(),
    severity: z.string(),
    status: z.string(),
    /** The same as `status`. */
    outcome: z.string(),
    message: z.string(),
    actorId: z.string(),
    actorName: z.string().nullable(),
    actorType: z.string(),
    authMethod: z.string().nullable(),
    userId: z.string().nullable(),
    userEmail: z.string().nullable(),
    targetType: z.string().nullable(),
    targetId: z.string().nullable(),
    targetName: z.string().nullable(),
    ipAddress: z.string().nullable(),
    /** The agents that acted for the actor, first delegate first. */
    actorChain: z.array(party),
    principal: z.object({ subject: z.string(), actor_chain: z.array(z.string()) }),
    requestId: z.string(),
    traceId: z.string().nullable(),
  })
  .meta({ id: 'AuditLogEntry' });

export type EntryView = z.infer<typeof entrySchema>;

export const entryDetailSchema = entrySchema
  .extend({
    eventId: z.string(),
    eventTime: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    durationMs: z.number().nullable(),
    initiatedBy: z.string().nullable(),
    clientId: z.string().nullable(),
    userAgent: z.string().nullable(),
    geoLocation: z.unknown().nullable(),
    sessionId: z.string().nullable(),
    statusReason: z.string().nullable(),
    oldValue: z.unknown().nullable(),
    newValue: z.unknown().nullable(),
    changes: z.unknown().nullable(),
    /** Everything the event said. */
    context: z.record(z.string(), z.unknown()),
    /** Hex; `hash` covers `previousHash` and the record. */
    hash: z.string(),
    previousHash: z.string().nullable(),
  })
  .meta({ id: 'AuditLogEntryDetail' });

export type EntryDetailView = z.infer<typeof entryDetailSchema>;

export function viewEntry(entry: LogEntry): EntryView {
  const { actor, actorChain, target, data } = entry;
  return {
    id: entry.seq,
    createdAt: entry.occurredAt.toISOString(),
    eventType: entry.name,
    action: entry.name,
    category: entry.category,
    severity: entry.severity,
    status: entry.result,
    outcome: entry.result,
    message: entry.message,
    actorId: actor.id,
    actorName: actor.name,
    actorType: actor.type,
    authMethod: textOf(data.authMethod) ?? (actor.type === 'api_key' ? 'api_key' : null),
    userId: userOf(entry),
    userEmail: entry.userEmail,
    targetType: target?.type ?? null,
    targetId: target?.id ?? null,
    targetName: target?.name ?? null,
    ipAddress: entry.ip,
    actorChain: actorChain.map(({ type, id }) => ({ type, id })),
    principal: {
      subject: `${actor.type}:${actor.id}`,
      actor_chain: actorChain.map(({ type, id }) => `${type}:${id}`),
    },
    requestId: entry.requestId,
    traceId: entry.traceId,
  };
}

export function viewEntryDetail(entry: LogEntry & { readonly previousHash: Buffer | undefined }): EntryDetailView {
  const { actor, data } = entry;
  return {
    ...viewEntry(entry),
    eventId: entry.eventId,
    eventTime: entry.occurredAt.toISOString(),
    recordedAt: entry.recordedAt.toISOString(),
    durationMs: typeof data.durationMs === 'number' ? data.durationMs : null,
    initiatedBy: actor.name ?? (actor.id || null),
    clientId: textOf(data.clientId),
    userAgent: entry.userAgent,
    geoLocation: data.geoLocation ?? null,
    sessionId: textOf(data.sessionId),
    statusReason: textOf(data.reason),
    oldValue: data.oldValue ?? null,
    newValue: data.newValue ?? null,
    changes: data.changes ?? data.changed ?? null,
    context: { ...data },
    hash: entry.hash.toString('hex'),
    previousHash: entry.previousHash?.toString('hex') ?? null,
  };
}

function userOf({ actor, target }: LogEntry): string | null {
  if (actor.type === 'user') return actor.id;
  return target?.type === 'user' ? target.id : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
