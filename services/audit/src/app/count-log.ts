import type { RequestContext } from '@lumo/tenancy';
import type { AuditPorts, NameCount } from '../ports.js';
import { toFilter } from './log-query.js';

const DEFAULT_PERIOD_MS = 30 * 24 * 3600 * 1000;

export interface LogStats {
  readonly from: Date;
  readonly to: Date;
  readonly total: number;
  readonly byName: ReadonlyMap<string, number>;
  readonly bySeverity: ReadonlyMap<string, number>;
}

/** How often what happened; the last 30 days where no range is given. Names come most frequent first. */
export function countLog({ reader, clock }: AuditPorts) {
  return async (_ctx: RequestContext, command: { readonly from?: string; readonly to?: string }): Promise<LogStats> => {
    const filter = toFilter(command);
    const to = filter.to ?? new Date(clock.now());
    const from = filter.from ?? new Date(to.getTime() - DEFAULT_PERIOD_MS);
    const counts = await reader.countByName(from, to);
    return {
      from,
      to,
      total: counts.reduce((sum, { count }) => sum + count, 0),
      byName: new Map([...sums(counts, 'name')].sort(([, left], [, right]) => right - left)),
      bySeverity: sums(counts, 'severity'),
    };
  };
}

function sums(counts: readonly NameCount[], key: 'name' | 'severity'): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const entry of counts) sum.set(entry[key], (sum.get(entry[key]) ?? 0) + entry.count);
  return sum;
}
