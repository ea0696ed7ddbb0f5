import { listOf, listQuery, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { entryDetailSchema, entrySchema } from './entry-view.js';

const common = { mount: 'org', access: requires('admin:audit'), tag: 'Audit log' } as const;
const invalid = { 400: ['validation_error'] } as const;

const text = z.string().min(1).max(200).optional();
const result = z.enum(['success', 'failure', 'denied']).optional();

const range = { from: text, to: text, startDate: text, endDate: text };

/** Every spelling of a filter that a published client uses (contract 8.7, section 11 row 61). */
const filters = {
  ...range,
  action: text,
  eventType: text,
  event_type: text,
  category: text,
  userId: text,
  actor: text,
  actorId: text,
  targetId: text,
  status: result,
  outcome: result,
  severity: z.enum(['info', 'warning', 'high']).optional(),
};

export type FilterInput = z.infer<z.ZodObject<typeof filters>>;

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs',
  summary: 'Search the audit log; totals count to 100 000, a text search covers the newest 100 000 entries',
  query: listQuery.extend(filters),
  responses: { 200: listOf(entrySchema) },
  errors: invalid,
});

export const statsRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs/stats',
  summary: 'Count what happened; the last 30 days where no range is given',
  query: z.object(range),
  responses: {
    200: single(
      z.object({
        total: z.int(),
        period: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
        /** The ten most frequent. */
        byEventType: z.record(z.string(), z.int()),
        byAction: z.record(z.string(), z.int()),
        bySeverity: z.record(z.string(), z.int()),
      }),
    ),
  },
  errors: invalid,
});

export const actionsRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs/actions',
  summary: 'List every action that can stand in the log',
  responses: { 200: listOf(z.string()) },
});

const { from: _from, to: _to, ...exportFilters } = filters;
const exportQuery = z.object({
  ...exportFilters,
  from: text,
  to: text,
  format: z.enum(['csv', 'json']).default('csv'),
});

export const exportRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs/export',
  summary: 'Download up to 10 000 entries, newest first, as CSV or JSON',
  query: exportQuery,
  responses: { 200: z.unknown() },
  alsoProduces: ['text/csv'],
  errors: invalid,
});

/** Clients of an older documentation post the same members. */
export const exportByPostRoute = route({
  ...common,
  method: 'POST',
  path: '/admin/audit-logs/export',
  summary: 'The same download by POST',
  body: exportQuery.optional(),
  responses: { 200: z.unknown() },
  alsoProduces: ['text/csv'],
  errors: invalid,
});

export const verifyRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs/verify',
  summary: 'Check the hash chain of the log, from an entry on',
  query: z.object({
    from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(1),
    limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
  }),
  responses: {
    200: single(
      z.object({
        valid: z.boolean(),
        checked: z.int(),
        /** The first entry that is not what it was, and how: `gap`, `changed`, `end`. */
        brokenAt: z.int().nullable(),
        reason: z.string().nullable(),
        /** Pass it as `from` to go on; null where the end was reached. */
        next: z.int().nullable(),
        head: z.object({ id: z.int(), hash: z.string() }),
      }),
    ),
  },
  errors: invalid,
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/admin/audit-logs/:logId',
  summary: 'Read an entry with everything it says',
  params: z.object({ logId: z.string().max(20) }),
  responses: { 200: single(entryDetailSchema) },
  errors: { 404: ['resource_not_found'] },
});
