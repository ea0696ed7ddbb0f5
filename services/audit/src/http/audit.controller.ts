import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuditApp, LogQuery } from '../app.js';
import * as routes from './audit.routes.js';
import { type EntryView, viewEntry, viewEntryDetail } from './entry-view.js';
import { exportStream } from './export-stream.js';

type ExportInput = NonNullable<InputOf<typeof routes.exportByPostRoute>['body']>;

/** `…/admin/audit-logs`: reading the log (contract 8.7). Nothing here writes. */
@Controller()
export class AuditController {
  constructor(@Inject(APP) private readonly app: AuditApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<EntryView>> {
    const { page, limit, search } = query;
    const found = await this.app.searchLog(ctx, {
      ...toQuery(query),
      ...(search && { search }),
      page,
      limit,
      oldestFirst: query.sortDir === 'ASC',
    });
    return listBody('audit-logs', query, { rows: found.rows.map(viewEntry), total: found.total });
  }

  @Handles(routes.statsRoute)
  async stats({ ctx, query }: InputOf<typeof routes.statsRoute>): Promise<object> {
    const { from, to, total, byName, bySeverity } = await this.app.countLog(ctx, toQuery(query));
    return {
      data: {
        total,
        period: { from: from.toISOString(), to: to.toISOString() },
        byEventType: Object.fromEntries([...byName].slice(0, 10)),
        byAction: Object.fromEntries(byName),
        bySeverity: Object.fromEntries(bySeverity),
      },
    };
  }

  @Handles(routes.actionsRoute)
  actions(): ListBody<string> {
    const rows = this.app.eventNames();
    return listBody('audit-actions', { page: 1, limit: rows.length }, { rows, total: rows.length });
  }

  @Handles(routes.exportRoute)
  async export({ ctx, query, reply }: InputOf<typeof routes.exportRoute>): Promise<FastifyReply> {
    return this.sendExport(ctx, query, reply);
  }

  @Handles(routes.exportByPostRoute)
  async exportByPost({ ctx, body, reply }: InputOf<typeof routes.exportByPostRoute>): Promise<FastifyReply> {
    return this.sendExport(ctx, body ?? { format: 'csv' }, reply);
  }

  @Handles(routes.verifyRoute)
  async verify({ ctx, query }: InputOf<typeof routes.verifyRoute>): Promise<object> {
    const { checked, defect, nextSeq, head } = await this.app.verifyLog(ctx, { seq: query.from, limit: query.limit });
    return {
      data: {
        valid: !defect,
        checked,
        brokenAt: defect?.seq ?? null,
        reason: defect?.reason ?? null,
        next: nextSeq ?? null,
        head: { id: head.seq, hash: head.hash.toString('hex') },
      },
    };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    const seq = /^[1-9]\d{0,15}$/.test(params.logId) ? Number(params.logId) : 0;
    if (!Number.isSafeInteger(seq) || seq === 0) {
      throw new DomainError('not_found', 'resource_not_found', 'There is no such audit log entry. Its id is a number.');
    }
    return { data: viewEntryDetail(await this.app.readEntry(ctx, { seq })) };
  }

  private async sendExport(
    ctx: InputOf<typeof routes.exportRoute>['ctx'],
    input: ExportInput,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const exported = await this.app.exportLog(ctx, { ...toQuery(input), format: input.format });
    const day = exported.exportedAt.toISOString().slice(0, 10);
    return reply
      .code(200)
      .header('content-type', input.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="audit-log-${day}.${input.format}"`)
      .header('cache-control', 'no-store')
      .send(exportStream(input.format, exported));
  }
}

/** One question out of the many spellings; where a filter is given twice the newer spelling counts. */
function toQuery(input: routes.FilterInput): LogQuery {
  const names = [input.action, input.eventType ?? input.event_type].filter((name) => name !== undefined);
  const from = input.from ?? input.startDate;
  const to = input.to ?? input.endDate;
  const result = input.status ?? input.outcome;
  const actorId = input.actorId ?? input.actor;
  return {
    ...(names.length > 0 && { names }),
    ...(input.category && { category: input.category }),
    ...(input.severity && { severity: input.severity }),
    ...(result && { result }),
    ...(actorId && { actorId }),
    ...(input.targetId && { targetId: input.targetId }),
    ...(input.userId && { user: input.userId }),
    ...(from && { from }),
    ...(to && { to }),
  };
}
