import type { ServiceName } from '@lumo/contracts';
import { type Clock, systemClock, uuidv7 } from '@lumo/kit';
import { type ContextCodec, currentContext, type RequestContext, runInContext, systemContext } from '@lumo/tenancy';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics } from '../metrics.js';
import { tracer } from '../tracer.js';
import type { JobBackend, JobInHand, StoredJob } from './job-backend.js';
import type { JobQueue } from './jobs.js';

export interface JobQueueOptions {
  /** The service whose jobs these are; it sees no other's. */
  readonly service: ServiceName;
  readonly codec: ContextCodec;
  readonly logger: MessagingLogger;
  readonly metrics?: MessagingMetrics;
  readonly clock?: Clock;
}

const DEFAULT_ATTEMPTS = 5;
/** How often a process makes sure that the job of the current interval exists: at least twice per interval. */
const MAX_TICK_MS = 60_000;

/** The job queue of a service on a backend: context, trace, metrics and schedules are the same on each. */
export function createJobQueue(backend: JobBackend, options: JobQueueOptions): JobQueue {
  const { service, codec, logger, metrics = noMetrics, clock = systemClock } = options;
  const ticking: NodeJS.Timeout[] = [];
  const nameOf = (queue: string) => `${service}.${queue}`;

  /** Who enqueued is not carried on: a job acts as the service, for the org. */
  function store(payload: unknown, by: RequestContext | undefined): StoredJob {
    const as = systemContext(service, by?.requestId ?? uuidv7(), by?.org);
    const headers: { traceparent?: string } = {};
    propagation.inject(context.active(), headers);
    return { context: codec.seal(as, clock.now()), payload, ...headers };
  }

  async function runJob(queue: string, job: JobInHand, handler: () => Promise<void>): Promise<void> {
    // The seal proves who wrote it; a job may run long after the time for which a request would be believed.
    const opened = codec.open(job.data.context, 0);
    if (!opened.ok) throw new Error(`the context of job ${job.id} is ${opened.error}`);
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent: job.data.traceparent });
    const span = tracer().startSpan(`job ${nameOf(queue)}`, { kind: SpanKind.CONSUMER }, parent);
    const startedMs = clock.now();
    let outcome: 'done' | 'retry' | 'failed' = 'done';
    try {
      await context.with(trace.setSpan(parent, span), () => runInContext(opened.value, handler));
    } catch (err) {
      outcome = job.lastAttempt ? 'failed' : 'retry';
      span.setStatus({ code: SpanStatusCode.ERROR });
      const fields = { err, service, queue, jobId: job.id, attempt: job.attempt };
      if (job.lastAttempt) logger.error(fields, 'a job failed for good');
      else logger.warn(fields, 'a job failed and will be tried again');
      throw err;
    } finally {
      span.end();
      metrics.jobFinished({ service, queue, outcome, seconds: (clock.now() - startedMs) / 1000 });
    }
  }

  return {
    enqueue: (queue, payload, { delaySeconds = 0, attempts = DEFAULT_ATTEMPTS } = {}) =>
      backend.add(nameOf(queue), store(payload, currentContext()), { delaySeconds, attempts }),
    work: (queue, handler) =>
      backend.process(nameOf(queue), (job) =>
        runJob(queue, job, () => handler({ id: job.id, payload: job.data.payload, attempt: job.attempt })),
      ),
    async every(queue, intervalSeconds, handler) {
      await backend.process(nameOf(queue), (job) => runJob(queue, job, handler));
      const tick = () => backend.addOncePer(nameOf(queue), store(null, undefined), intervalSeconds);
      await tick();
      ticking.push(
        setInterval(
          () => {
            tick().catch((err: unknown) => logger.warn({ err, service, queue }, 'a job could not be scheduled yet'));
          },
          Math.min((intervalSeconds * 1000) / 2, MAX_TICK_MS),
        ),
      );
    },
    ping: () => backend.ping(),
    async close() {
      for (const timer of ticking) clearInterval(timer);
      await backend.close();
    },
  };
}
