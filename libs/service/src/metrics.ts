import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process. Labels are bounded: a service name, a route template, a method, a status class. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpSeconds: Histogram<'service' | 'route' | 'method' | 'status'>;
  readonly rpcSeconds: Histogram<'caller' | 'method' | 'outcome'>;
  readonly eventsPending: Gauge<'service'>;
  readonly eventsDead: Gauge<'service'>;
  readonly activityDropped: Counter<'service'>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'lumo_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer.',
      labelNames: ['service', 'route', 'method', 'status'],
      buckets: SECONDS,
      registers,
    }),
    rpcSeconds: new Histogram({
      name: 'lumo_rpc_duration_seconds',
      help: 'Time of a call to another service, seen by the caller.',
      labelNames: ['caller', 'method', 'outcome'],
      buckets: SECONDS,
      registers,
    }),
    eventsPending: new Gauge({
      name: 'lumo_events_pending',
      help: 'Events in the outbox of a service that wait for delivery.',
      labelNames: ['service'],
      registers,
    }),
    eventsDead: new Gauge({
      name: 'lumo_events_dead_letters',
      help: 'Events that a service could not apply after every attempt.',
      labelNames: ['service'],
      registers,
    }),
    activityDropped: new Counter({
      name: 'lumo_activity_dropped_total',
      help: 'Activity records dropped because their buffer was full.',
      labelNames: ['service'],
      registers,
    }),
  };
}
