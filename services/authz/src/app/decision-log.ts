import type { ActivityLog } from '@lumo/messaging';
import { type RequestContext, runInContext } from '@lumo/tenancy';
import type { RecordedDecision, RecordedRelation } from '../ports.js';

/** Different decisions that one event lists; the rest is counted in `omitted`. */
const MAX_LISTED = 200;
/** How long decisions of one caller are collected, in milliseconds. */
const WINDOW_MS = 250;
/** Events written in one window. Where more callers wait, the longest waiting go first and the others collect longer. */
const EVENTS_PER_WINDOW = 100;
/** Callers that may wait; beyond, the longest waiting is written at once. */
const MAX_WAITING = 10_000;

interface Listed extends RecordedDecision {
  count: number;
}

interface Collected {
  /** The context of the caller's first check in the window: the event carries its request id and address. */
  readonly ctx: RequestContext;
  readonly decisions: Map<string, Listed>;
  omitted: number;
}

/**
 * Puts decisions into the audit log without a write in the request: one `authz.checked` event for each caller and window.
 * A crash loses what was not written yet; a stop does not (`close`).
 */
export interface DecisionLog {
  record(ctx: RequestContext, decisions: readonly RecordedDecision[]): void;
  recordRelations(ctx: RequestContext, decisions: readonly RecordedRelation[]): void;
  /** Writes what is collected and stops. */
  close(): void;
}

export function createDecisionLog(activity: ActivityLog): DecisionLog {
  const waiting = new Map<string, Collected>();
  let timer: NodeJS.Timeout | undefined;

  function write(atMost: number): void {
    let left = atMost;
    for (const [key, collected] of waiting) {
      if (left-- <= 0) break;
      waiting.delete(key);
      runInContext(collected.ctx, () => activity.record(toEvent(collected)));
    }
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  }

  function collectedFor(ctx: RequestContext): Collected {
    const key = callerKey(ctx);
    let collected = waiting.get(key);
    if (!collected) {
      if (waiting.size >= MAX_WAITING) write(1);
      collected = { ctx, decisions: new Map(), omitted: 0 };
      waiting.set(key, collected);
    }
    timer ??= setInterval(() => write(EVENTS_PER_WINDOW), WINDOW_MS);
    return collected;
  }

  return {
    record(ctx, decisions) {
      const collected = collectedFor(ctx);
      for (const decision of decisions) {
        const { subject, permission, resource, allowed } = decision;
        const about = resource ? ` ${resource.type} ${resource.id}` : '';
        add(collected, `${subject.type} ${subject.id} ${allowed} ${permission}${about}`, () => decision);
      }
    },
    recordRelations(ctx, decisions) {
      const collected = collectedFor(ctx);
      for (const decision of decisions) {
        const { object, relation, subject, allowed } = decision;
        // Thousands a second come this way: what is listed already is only counted.
        add(collected, `${subject} ${allowed} ${relation} ${object}`, () => ({
          subject: partsOf(subject),
          permission: relation,
          resource: partsOf(object),
          allowed,
        }));
      }
    },
    close: () => write(Number.POSITIVE_INFINITY),
  };
}

function callerKey({ org, principal }: RequestContext): string {
  const actors = principal.actors.map(({ id }) => id).join();
  return `${org?.id} ${principal.type} ${principal.id} ${actors}`;
}

function add(collected: Collected, key: string, decided: () => RecordedDecision): void {
  const { decisions } = collected;
  const listed = decisions.get(key);
  if (listed) listed.count++;
  else if (decisions.size < MAX_LISTED) decisions.set(key, { ...decided(), count: 1 });
  else collected.omitted++;
}

/** Of `type:id`. */
function partsOf(text: string): { readonly type: string; readonly id: string } {
  const colon = text.indexOf(':');
  return { type: text.slice(0, colon), id: text.slice(colon + 1) };
}

function toEvent({ decisions, omitted }: Collected) {
  const listed = [...decisions.values()];
  const [first] = listed;
  const about = first && listed.every(({ subject }) => subject.id === first.subject.id) ? first.subject : undefined;
  return {
    name: 'authz.checked' as const,
    ...(about && { target: about }),
    result: listed.some(({ allowed }) => allowed) ? ('success' as const) : ('denied' as const),
    data: {
      decisions: listed.map(({ subject, permission, resource, allowed, count }) => ({
        subject_type: subject.type,
        subject_id: subject.id,
        permission,
        ...(resource && { resource_type: resource.type }),
        ...(resource?.id !== undefined && { resource_id: resource.id }),
        allowed,
        count,
      })),
      omitted,
    },
  };
}
