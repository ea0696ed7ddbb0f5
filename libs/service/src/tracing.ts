import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';

/**
 * Sends traces to an OTLP endpoint; the SDK is loaded only where one is configured.
 * Returns what flushes and stops it.
 */
export async function startTracing(endpoint: string | undefined, service: string): Promise<() => Promise<void>> {
  if (!endpoint) return async () => {};
  const { startTraceExport } = await import('./trace-export.js');
  return startTraceExport(endpoint, service);
}

/** One server span a request, continuing the caller's trace (W3C trace context). */
export function traceRequests(fastify: FastifyInstance, service: string): void {
  const tracer = trace.getTracer('lumoauth');
  fastify.addHook('onRequest', (request, reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const span = tracer.startSpan(
      `${request.method} ${request.routeOptions.url ?? 'unmatched'}`,
      { kind: SpanKind.SERVER, attributes: { 'service.part': service } },
      parent,
    );
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.raw.statusCode);
      if (reply.raw.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), done);
  });
}
