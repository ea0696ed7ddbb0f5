import type { Http } from './http.js';
import { waitUntil } from './wait-until.js';

/** An entry of the audit log as far as the suites read it (contract 8.7). */
export interface AuditEntry {
  readonly id: number;
  readonly action: string;
  readonly status: string;
  readonly actorId: string;
  readonly actorType: string;
  readonly actorChain: readonly { readonly type: string; readonly id: string }[];
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly userId: string | null;
  readonly userEmail: string | null;
  readonly ipAddress: string | null;
  readonly requestId: string;
  readonly traceId: string | null;
}

/** Reads the log of an org. Records arrive a moment after what they tell: every read waits for what it wants. */
export interface AuditLog {
  /** The newest entry of this action that fits; fails where none arrives. */
  find(action: string, fits?: (entry: AuditEntry) => boolean): Promise<AuditEntry>;
  list(query?: Readonly<Record<string, string>>): Promise<readonly AuditEntry[]>;
  detail(id: number): Promise<AuditEntry & { readonly userAgent: string | null; readonly context: unknown }>;
}

const PATIENCE_MS = 20_000;

export function auditLog(http: Http, api: string, apiKey: string): AuditLog {
  const list: AuditLog['list'] = async (query = {}) => {
    const parameters = new URLSearchParams({ limit: '100', ...query });
    const answer = await http.send('GET', `${api}/admin/audit-logs?${parameters}`, { apiKey });
    return answer.expect(200).json<{ data: readonly AuditEntry[] }>().data;
  };
  return {
    list,
    find: (action, fits = () => true) =>
      waitUntil(async () => (await list({ action })).find(fits), {
        what: `the audit log has ${action}`,
        forMs: PATIENCE_MS,
        everyMs: 100,
      }),
    async detail(id) {
      const answer = await http.send('GET', `${api}/admin/audit-logs/${id}`, { apiKey });
      return answer.expect(200).json<{ data: Awaited<ReturnType<AuditLog['detail']>> }>().data;
    },
  };
}
