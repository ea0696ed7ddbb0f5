import { EVENTS } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { namesMeant } from '../core/event-names.js';
import { parseTimeBound } from '../core/time-bound.js';
import type { LogFilter } from '../ports.js';

/** A question to the log, as a person or a client puts it. */
export interface LogQuery {
  /** Each one a name, or segments of names: `user.created`, `auth.login`, `login`. All of them must fit. */
  readonly names?: readonly string[];
  readonly category?: string;
  readonly severity?: string;
  readonly result?: string;
  readonly actorId?: string;
  readonly targetId?: string;
  readonly user?: string;
  readonly from?: string;
  readonly to?: string;
  readonly search?: string;
}

/** Every name that can stand in the log, sorted. */
export const EVENT_NAMES: readonly string[] = Object.keys(EVENTS).sort();

/** Words of older clients for a category. */
const CATEGORY_ALIASES: Readonly<Record<string, string>> = {
  user_management: 'users',
  token_management: 'applications',
  configuration: 'admin',
};

/** The filter of a question; `validation_error` for a time that is none, or a range that ends before it starts. */
export function toFilter(query: LogQuery): LogFilter {
  const from = timeBound(query.from, 'from');
  const to = timeBound(query.to, 'to');
  if (from && to && to < from) throw invalid('to', 'The range ends before it starts.');
  const names = namesOf(query);
  return {
    ...(names && { names }),
    ...(query.severity !== undefined && { severity: query.severity }),
    ...(query.result !== undefined && { result: query.result }),
    ...(query.actorId !== undefined && { actorId: query.actorId }),
    ...(query.targetId !== undefined && { targetId: query.targetId }),
    ...(query.user !== undefined && { user: query.user }),
    ...(from && { from }),
    ...(to && { to }),
    ...(query.search !== undefined && { search: query.search }),
  };
}

function namesOf({ names = [], category }: LogQuery): readonly string[] | undefined {
  if (names.length === 0 && category === undefined) return undefined;
  const wanted = category === undefined ? undefined : (CATEGORY_ALIASES[category] ?? category);
  return EVENT_NAMES.filter(
    (name) =>
      (wanted === undefined || EVENTS[name as keyof typeof EVENTS].category === wanted) &&
      names.every((filter) => namesMeant(filter, EVENT_NAMES).includes(name)),
  );
}

function timeBound(text: string | undefined, end: 'from' | 'to'): Date | undefined {
  if (text === undefined) return undefined;
  const bound = parseTimeBound(text, end);
  if (!bound) throw invalid(end, `"${end}" is an ISO 8601 day or time, like 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return bound;
}

function invalid(field: string, text: string): DomainError {
  return new DomainError('invalid', 'validation_error', text, { details: { [field]: text } });
}
