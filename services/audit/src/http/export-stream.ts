import { Readable } from 'node:stream';
import type { LogExport } from '../app.js';
import { csvLine } from './csv.js';
import { type EntryView, viewEntry } from './entry-view.js';

const COLUMNS = [
  'id',
  'createdAt',
  'action',
  'category',
  'severity',
  'status',
  'message',
  'actorType',
  'actorId',
  'actorName',
  'userEmail',
  'targetType',
  'targetId',
  'targetName',
  'ipAddress',
  'requestId',
  'traceId',
] as const satisfies readonly (keyof EntryView)[];

/** The export as a file, written while it is read. */
export function exportStream(format: 'csv' | 'json', exported: LogExport): Readable {
  return Readable.from(format === 'csv' ? csv(exported) : json(exported), { objectMode: false });
}

async function* csv({ batches }: LogExport): AsyncGenerator<string> {
  yield csvLine([...COLUMNS, 'actorChain']);
  for await (const entries of batches) {
    yield entries
      .map(viewEntry)
      .map((view) => csvLine([...COLUMNS.map((column) => view[column]), view.principal.actor_chain.join(' ')]))
      .join('');
  }
}

async function* json({ batches, exportedAt }: LogExport): AsyncGenerator<string> {
  let total = 0;
  yield '{"data":[';
  for await (const entries of batches) {
    yield (total === 0 ? '' : ',') + entries.map((entry) => JSON.stringify(viewEntry(entry))).join(',');
    total += entries.length;
  }
  yield `],"meta":${JSON.stringify({ total, exportedAt: exportedAt.toISOString() })}}`;
}
