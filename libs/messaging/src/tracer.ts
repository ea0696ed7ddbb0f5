import { type Tracer, trace } from '@opentelemetry/api';

/**
 * The tracer of this library, asked for at each use: one that is asked for before the SDK is registered stays silent
 * for ever where the SDK loaded the CommonJS copy of the API (its registry is global, its proxies are not).
 */
export function tracer(): Tracer {
  return trace.getTracer('@lumo/messaging');
}
