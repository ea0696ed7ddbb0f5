import { renderCluster } from '../cluster/render-cluster.js';
import type { CurvePoint } from '../curve/curve.js';
import type { Measurement } from '../load/measure.js';
import { renderRelations } from '../relations/render-relations.js';
import type { StartUp } from '../start-up.js';
import { formatCount, formatNumber, megabytes } from './format-number.js';
import { AIMS, type MemoryResult, type Report, type ScenarioResult } from './report.js';

/** The report as Markdown; aims stand beside the numbers as information. */
export function renderReport(report: Report): string {
  const { scenarios, startUp, memory, curve, relations, cluster, failed } = report;
  return [
    machineLine(report),
    scenarios.length > 0 ? scenarioTable(scenarios) : '',
    startUp || memory ? startTable(startUp, memory) : '',
    curve.length > 0 ? curveTable(curve) : '',
    relations ? renderRelations(relations.where, relations.result, relations.own) : '',
    cluster ? renderCluster(cluster) : '',
    ...scenarios.filter(({ profile }) => profile).map(profileTable),
    ...failed.map(({ name, why }) => `Not measured: ${name}: ${why}`),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function machineLine({ machine, startedAt, measureMs }: Report): string {
  const { cpu, cores, memoryBytes, system, node, commit, loadBefore } = machine;
  return (
    `${startedAt}, commit ${commit.slice(0, 12) || 'unknown'}, ${measureMs / 1000} s each. ` +
    `${cores} cores (${cpu}), ${megabytes(memoryBytes)} MB, ${system}, Node ${node}; load before ${loadBefore.toFixed(2)}. ` +
    'The load generator runs on the same cores.'
  );
}

function scenarioTable(scenarios: readonly ScenarioResult[]): string {
  const head = [
    ...['scenario', 'users', 'op/s', 'p50 ms', 'p95 ms', 'p99 ms', 'failed'],
    ...['CPU s Node', 'CPU s PostgreSQL', 'CPU s others', 'op per CPU s, Node', 'op per CPU s, all', 'aim', 'RSS MB'],
  ];
  const rows = scenarios.map(({ title, users, aim, measurement }) => {
    const { perSecond, latencyMs, failures, usage } = measurement;
    return [
      title,
      String(users),
      formatNumber(perSecond),
      ...latency(latencyMs),
      String(failures),
      ...(usage
        ? [
            formatNumber(usage.cpuSeconds.node),
            formatNumber(usage.cpuSeconds.database),
            formatNumber(usage.cpuSeconds.others),
            formatNumber(usage.perCpuSecond.node),
            formatNumber(usage.perCpuSecond.server),
          ]
        : ['–', '–', '–', '–', '–']),
      aim === undefined ? '' : `≥ ${formatNumber(aim)}${usage ? met(usage.perCpuSecond.server >= aim) : ''}`,
      megabytes(usage?.rssBytes),
    ];
  });
  return table(head, rows);
}

function startTable(startUp: StartUp | undefined, memory: MemoryResult | undefined): string {
  const rows: string[][] = [];
  if (startUp) {
    const { coldReadyMs, coldSeededMs, warmReadyMs, warmCpuSeconds } = startUp;
    const slowest = Math.max(...warmReadyMs);
    rows.push(['first start until ready', seconds(coldReadyMs), '']);
    rows.push(['first start until the first org is there', seconds(coldSeededMs), '']);
    rows.push([
      `warm start until ready (${warmReadyMs.map(seconds).join(', ')})`,
      seconds(slowest),
      `≤ ${seconds(AIMS.warmStartMs)}${met(slowest <= AIMS.warmStartMs)}`,
    ]);
    if (warmCpuSeconds !== undefined) rows.push(['CPU of a warm start, Node', `${formatNumber(warmCpuSeconds)} s`, '']);
  }
  if (memory) {
    const { readyBytes, afterLoadBytes, peakBytes, databasePssBytes } = memory;
    rows.push(['memory of the Node process, ready', `${megabytes(readyBytes)} MB`, limit(readyBytes)]);
    rows.push(['memory of the Node process, after the load', `${megabytes(afterLoadBytes)} MB`, limit(afterLoadBytes)]);
    rows.push(['memory of the Node process, at its peak', `${megabytes(peakBytes)} MB`, limit(peakBytes)]);
    rows.push(['memory of PostgreSQL (PSS), after the load', `${megabytes(databasePssBytes)} MB`, '']);
  }
  return table(['start and memory', 'measured', 'aim'], rows);
}

function curveTable(points: readonly CurvePoint[]): string {
  const [first] = points;
  const rows = points.flatMap((point) => [
    curveRow('client credentials', point, point.clientCredentials, first?.clientCredentials),
    curveRow('check by API key', point, point.check, first?.check),
  ]);
  const head = [
    'orgs',
    'in use',
    'scenario',
    'op/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'op per CPU s, all',
    'p95 against first',
    'RSS MB',
  ];
  return table(
    head,
    rows.sort((a, b) => (a[2] ?? '').localeCompare(b[2] ?? '')),
  );
}

function curveRow(name: string, point: CurvePoint, measurement: Measurement, first: Measurement | undefined): string[] {
  const { perSecond, latencyMs, usage } = measurement;
  const growth = latencyMs.p95 / (first?.latencyMs.p95 ?? latencyMs.p95);
  return [
    formatCount(point.orgs),
    formatCount(point.inUse),
    name,
    formatNumber(perSecond),
    ...latency(latencyMs),
    usage ? formatNumber(usage.perCpuSecond.server) : '–',
    measurement === first
      ? ''
      : `× ${growth.toFixed(2)} (aim ≤ ${AIMS.curveP95Growth}${met(growth <= AIMS.curveP95Growth)})`,
    megabytes(usage?.rssBytes),
  ];
}

function profileTable({ title, profile = [] }: ScenarioResult): string {
  const shown = profile.filter(({ share }) => share >= 0.01);
  return table(
    [`where the time of the main thread goes: ${title}`, 'share'],
    shown.map(({ where, share }) => [where, `${(share * 100).toFixed(1)} %`]),
  );
}

function latency({ p50, p95, p99 }: Measurement['latencyMs']): string[] {
  return [p50, p95, p99].map(formatNumber);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function limit(bytes: number): string {
  return `≤ ${megabytes(AIMS.nodeRssBytes)} MB${met(bytes <= AIMS.nodeRssBytes)}`;
}

function met(isMet: boolean): string {
  return isMet ? ', met' : ', missed';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
