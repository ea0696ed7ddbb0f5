import type { MessagingMetrics } from '@lumo/messaging';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of one process.
 * Labels are bounded: a service name, a route template, an RPC method, a status, an outcome.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly messaging: MessagingMetrics;
  requestFinished(request: {
    readonly service: string;
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  /** A request to an address that somebody else chose has ended. */
  egressFinished(request: { readonly purpose: string; readonly outcome: string; readonly seconds: number }): void;
  /** Asked at every scrape. */
  watchEvents(service: string, counts: { pending(): Promise<number>; dead(): Promise<number> }): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // Sums of gauges that stand beside them, under names that only a counter may have.
  for (const what of ['resources', 'handles', 'requests']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const httpSeconds = new Histogram({
    name: 'lumo_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['service', 'route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  });
  const rpcSeconds = new Histogram({
    name: 'lumo_rpc_duration_seconds',
    help: 'Time of a call to another service, seen by the caller.',
    labelNames: ['caller', 'method', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const rpcHandled = counter('lumo_rpc_handled_total', 'Calls of other services that were answered.', [
    'service',
    'method',
    'outcome',
  ]);
  const published = counter('lumo_events_published_total', 'Events that left an outbox.', ['service']);
  const applied = counter('lumo_events_applied_total', 'Events that a consumer applied.', ['service']);
  const redelivered = counter(
    'lumo_events_redelivered_total',
    'Events that are delivered again because their handler failed.',
    ['service'],
  );
  const deadLettered = counter('lumo_events_dead_lettered_total', 'Events that were given up after every attempt.', [
    'service',
  ]);
  const activityDropped = counter(
    'lumo_activity_dropped_total',
    'Activity records dropped because their buffer was full.',
    ['service'],
  );
  const jobSeconds = new Histogram({
    name: 'lumo_job_duration_seconds',
    help: 'Time of one attempt of a job.',
    labelNames: ['service', 'queue', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const egressRequests = counter(
    'lumo_egress_requests_total',
    'Requests to addresses that clients and administrators named.',
    ['purpose', 'outcome'],
  );
  const egressSeconds = new Histogram({
    name: 'lumo_egress_duration_seconds',
    help: 'Time of such a request, from its beginning to the end of its answer or its failure.',
    labelNames: ['purpose'],
    buckets: SECONDS,
    registers,
  });
  const watched: { readonly service: string; pending(): Promise<number>; dead(): Promise<number> }[] = [];
  gauge('lumo_events_pending', 'Events in the outbox of a service that wait for delivery.', (w) => w.pending());
  gauge('lumo_events_dead_letters', 'Events that a service could not apply and keeps for a person to look at.', (w) =>
    w.dead(),
  );

  function counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers });
  }

  function gauge(name: string, help: string, read: (w: (typeof watched)[number]) => Promise<number>): void {
    new Gauge({
      name,
      help,
      labelNames: ['service'],
      registers,
      async collect() {
        await Promise.all(
          watched.map(async (w) => {
            // A database that does not answer leaves the last value; /readyz is what says so.
            const value = await read(w).catch(() => undefined);
            if (value !== undefined) this.set({ service: w.service }, value);
          }),
        );
      },
    });
  }

  return {
    registry,
    messaging: {
      rpcCalled: ({ caller, method, outcome, seconds }) => rpcSeconds.observe({ caller, method, outcome }, seconds),
      rpcHandled: ({ service, method, outcome }) => rpcHandled.inc({ service, method, outcome }),
      eventsPublished: (service, count) => published.inc({ service }, count),
      eventsApplied: (service, count) => applied.inc({ service }, count),
      eventsRedelivered: (service, count) => redelivered.inc({ service }, count),
      eventsDeadLettered: (service, count) => deadLettered.inc({ service }, count),
      activityDropped: (service, count) => activityDropped.inc({ service }, count),
      jobFinished: ({ service, queue, outcome, seconds }) => jobSeconds.observe({ service, queue, outcome }, seconds),
    },
    requestFinished: ({ service, route, method, status, seconds }) =>
      httpSeconds.observe({ service, route, method, status: String(status) }, seconds),
    egressFinished({ purpose, outcome, seconds }) {
      egressRequests.inc({ purpose, outcome });
      egressSeconds.observe({ purpose }, seconds);
    },
    watchEvents: (service, counts) => void watched.push({ service, ...counts }),
  };
}
