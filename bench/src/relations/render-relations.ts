import { formatNumber, megabytes } from '../report/format-number.js';
import { CHECKS_PER_BATCH, type Load, RELATION_AIMS, type RelationsResult } from './measure-relations.js';

/** What only a server that this command started can tell. */
export interface OwnServerFacts {
  readonly rssBeforeBytes: number | undefined;
  readonly rssAfterBytes: number | undefined;
  /** From a new start until the first right answer about the store, after `/readyz`. */
  readonly firstAnswerFromSnapshotMs: number;
  readonly firstAnswerFromDatabaseMs: number;
}

/** A table of one server's figures, with the aims beside them. */
export function renderRelations(where: string, result: RelationsResult, own?: OwnServerFacts): string {
  const { tuples, writeSeconds, checks, checksAtHalf, batches, lists } = result;
  const perSecond = (driven: Load, times = 1) => (driven.operations / driven.seconds) * times;
  const row = (name: string, driven: Load, value: string, aim: string, times = 1) => [
    name,
    value,
    ...[driven.latencyMs.p50, driven.latencyMs.p95, driven.latencyMs.p99].map(formatNumber),
    String(driven.failures),
    driven.usage ? formatNumber(driven.usage.perCpuSecond.node * times) : '–',
    aim,
  ];
  const rows = [
    row('checks', checks, `${formatNumber(perSecond(checks))}/s`, `≥ ${RELATION_AIMS.checksPerSecond}/s`),
    row(
      'checks at half of the aim',
      checksAtHalf,
      `${formatNumber(perSecond(checksAtHalf))}/s`,
      `p99 ≤ ${RELATION_AIMS.checksAtHalfP99Ms} ms`,
    ),
    row(
      `batches of ${CHECKS_PER_BATCH}`,
      batches,
      `${formatNumber(perSecond(batches, CHECKS_PER_BATCH))} checks/s`,
      `≥ ${RELATION_AIMS.batchedChecksPerSecond} checks/s`,
      CHECKS_PER_BATCH,
    ),
    row('lists of 10 000 objects', lists, `${formatNumber(perSecond(lists))}/s`, `≤ ${RELATION_AIMS.listMs} ms`),
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = [`relations, ${where}`, 'measured', 'p50 ms', 'p95 ms', 'p99 ms', 'failed', 'per CPU s, Node', 'aim'];
  const failure = [checks, checksAtHalf, batches, lists].find(({ firstFailure }) => firstFailure)?.firstFailure;
  return [
    [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n'),
    `${tuples} tuples, written through the API in ${formatNumber(writeSeconds)} s (${formatNumber(tuples / writeSeconds)}/s).`,
    own ? ownFacts(own, tuples) : '',
    failure ? `First failure: ${failure.slice(0, 500)}` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}

function ownFacts(facts: OwnServerFacts, tuples: number): string {
  const { rssBeforeBytes, rssAfterBytes, firstAnswerFromSnapshotMs, firstAnswerFromDatabaseMs } = facts;
  const grown =
    rssBeforeBytes !== undefined && rssAfterBytes !== undefined ? rssAfterBytes - rssBeforeBytes : undefined;
  return (
    `First answer after a start: ${formatNumber(firstAnswerFromSnapshotMs)} ms from the snapshot, ` +
    `${formatNumber(firstAnswerFromDatabaseMs)} ms from PostgreSQL.` +
    (grown === undefined
      ? ''
      : ` Memory of the process that loaded it: ${megabytes(rssBeforeBytes)} MB before, ${megabytes(rssAfterBytes)} MB after ` +
        `the first answer (${formatNumber(grown / tuples)} bytes a tuple).`)
  );
}
