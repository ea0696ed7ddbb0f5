import type { Platform } from '@lumo/service';
import { appendEvents } from './app/append-events.js';
import { countLog } from './app/count-log.js';
import { exportLog } from './app/export-log.js';
import { EVENT_NAMES } from './app/log-query.js';
import { readEntry, searchLog } from './app/read-log.js';
import { verifyLog } from './app/verify-log.js';
import type { AuditPorts } from './ports.js';
import type { AuditTables } from './store/audit-tables.js';
import { createLogReader } from './store/log-reader.js';
import { createLogWriter } from './store/log-writer.js';

export type { LogExport } from './app/export-log.js';
export type { LogQuery } from './app/log-query.js';
export type { LogEntry } from './app/read-log.js';

/** Everything the audit service does, one function each. */
export type AuditApp = ReturnType<typeof composeApp>;

export function createApp({ database, activity, clock }: Platform<AuditTables>): AuditApp {
  return composeApp({ writer: createLogWriter(), reader: createLogReader(database), activity, clock });
}

/** The operations over given ports. */
export function composeApp(ports: AuditPorts) {
  return {
    appendEvents: appendEvents(ports),
    searchLog: searchLog(ports),
    readEntry: readEntry(ports),
    countLog: countLog(ports),
    exportLog: exportLog(ports),
    verifyLog: verifyLog(ports),
    eventNames: () => EVENT_NAMES,
  };
}
