import type { Latency } from '../load/latency.js';
import { formatNumber } from '../report/format-number.js';
import { type ClusterReport, VISIBLE_P99_MS } from './cluster-report.js';

/** Two tables: checks through the network of a cluster, and how soon replicas follow each other. */
export function renderCluster({ checks, visibility }: ClusterReport): string {
  return [
    table(
      ['cluster, checks through the gateway', 'checks/s', ...PERCENTILES, 'failed', 'CPU µs, gateway', 'CPU µs, authz'],
      checks.map(({ clients, perSecond, latencyMs, failures, cpu }) => [
        `${clients} at a time`,
        formatNumber(perSecond),
        ...latency(latencyMs),
        String(failures),
        cpu ? formatNumber(cpu.gateway) : '–',
        cpu ? formatNumber(cpu.authz) : '–',
      ]),
    ),
    table(
      ['cluster, written at one replica, asked at the other', 'writes', ...PERCENTILES, 'aim'],
      visibility.flatMap(({ writes, others, lagMs, freshCheckMs }) => {
        const beside = others === 0 ? '' : `, beside ${others} writes/s`;
        return [
          [
            `seen after the acknowledgement${beside}`,
            String(writes),
            ...latency(lagMs),
            `p99 ≤ ${VISIBLE_P99_MS} ms${lagMs.p99 <= VISIBLE_P99_MS ? ' ✓' : ' ✗'}`,
          ],
          [`check with the token of the write${beside}`, String(writes), ...latency(freshCheckMs), ''],
        ];
      }),
    ),
  ].join('\n\n');
}

const PERCENTILES = ['p50 ms', 'p95 ms', 'p99 ms'] as const;

function latency({ p50, p95, p99 }: Latency): readonly string[] {
  return [p50, p95, p99].map(formatNumber);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
