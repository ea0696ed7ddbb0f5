import { DomainError } from '@lumo/kit';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.js';
import { type BoundRoute, faceOf, openSealed, type ServeOptions, serveRoute } from './serve-route.js';
import { parseStrictJson } from './strict-json.js';

/** Where the gateway sends requests that arrived at the same time, for one message instead of many. */
export const TOGETHER_PATH = '/_internal/together';
export const TOGETHER_TYPE = 'application/x-lumo-together';

/** One request: path, sealed context, request id, JSON text of the body, and its `traceparent`. All are POST. */
export type TogetherItem = readonly [path: string, sealed: string, requestId: string, body: string, trace?: string];

/** One answer, a line of JSON each, in the order in which they are ready. Status `ASK_ALONE`: send this one as it came. */
export type TogetherAnswer = readonly [
  index: number,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
];

/** The path is none that is answered together; whether it is one at all, the router knows. */
export const ASK_ALONE = 0;

export interface TogetherOptions extends ServeOptions {
  readonly service: string;
  readonly metrics: Metrics;
}

interface Template {
  readonly bound: BoundRoute;
  readonly url: string;
  readonly segments: readonly string[];
}

/**
 * Serves the routes that may be answered together: each request of a message has its own sealed context and passes the same
 * guard, the same parser and the same handler as one that comes alone, and counts as one. Nothing is believed of the
 * message as a whole.
 */
export function answerTogether(
  fastify: FastifyInstance,
  routes: readonly { readonly bound: BoundRoute; readonly url: string }[],
  options: TogetherOptions,
): void {
  const templates = routes.map((each): Template => ({ ...each, segments: each.url.split('/') }));

  // Each body is parsed strictly on its own; what stands around them is written by the gateway.
  fastify.addContentTypeParser(TOGETHER_TYPE, { parseAs: 'string' }, (_request, text, done) => {
    const items = readItems(text as string);
    if (items) done(null, items);
    else done(new DomainError('invalid', 'invalid_request', 'This is no message of a gateway.'));
  });
  fastify.post(TOGETHER_PATH, (request, reply) => {
    const items = (request.body ?? []) as readonly TogetherItem[];
    reply.hijack();
    const { raw } = reply;
    let ready = '';
    let left = items.length;
    const flush = (): void => {
      if (left === 0) raw.end(ready);
      else raw.write(ready);
      ready = '';
    };
    // The gateway may be gone before the last answer.
    raw.on('error', () => {});
    raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    if (left === 0) raw.end();
    items.forEach((item, index) => {
      void answer(item).then(({ status, headers, body }) => {
        left -= 1;
        // What is ready in one turn of the event loop travels as one piece; nobody waits for the slowest.
        if (ready === '') setImmediate(flush);
        const line: TogetherAnswer = [index, status, headers, body];
        ready += `${JSON.stringify(line)}\n`;
      });
    });
  });

  async function answer([path, sealed, requestId, text, traceparent]: TogetherItem): Promise<Answered> {
    const found = find(templates, path);
    if (!found) return { status: ASK_ALONE, headers: {}, body: '' };
    const started = performance.now();
    const { url } = found.template;
    const parent = traceparent ? propagation.extract(context.active(), { traceparent }) : context.active();
    const span = trace
      .getTracer('lumoauth')
      .startSpan(`POST ${url}`, { kind: SpanKind.SERVER, attributes: { 'service.part': options.service } }, parent);
    const answered = await context.with(trace.setSpan(parent, span), serve, undefined, found, sealed, requestId, text);
    const { status } = answered;
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    const seconds = (performance.now() - started) / 1000;
    options.metrics.requestFinished({ service: options.service, route: url, method: 'POST', status, seconds });
    return answered;
  }

  async function serve({ template, params }: Found, sealed: string, requestId: string, text: string) {
    const { bound, url } = template;
    try {
      const body = text === '' ? undefined : parseStrictJson(text);
      const ctx = openSealed(sealed, options.codec);
      const arrived = { method: 'POST', params, query: {}, body, contentType: 'application/json' };
      const result = await serveRoute(bound, arrived, ctx, options.has);
      return { status: Number(Object.keys(bound.route.responses)[0]), headers: {}, body: JSON.stringify(result ?? '') };
    } catch (error) {
      const refused = faceOf(error, { requestId, route: url }, options.logger, bound.route.refusals);
      return { status: refused.status, headers: refused.headers, body: JSON.stringify(refused.body) };
    }
  }
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Found {
  readonly template: Template;
  readonly params: Readonly<Record<string, string>>;
}

function readItems(text: string): readonly TogetherItem[] | undefined {
  try {
    const items = JSON.parse(text) as unknown;
    const isItem = (item: unknown): item is TogetherItem =>
      Array.isArray(item) && item.length >= 4 && item.every((part) => typeof part === 'string');
    return Array.isArray(items) && items.every(isItem) ? items : undefined;
  } catch {
    return undefined;
  }
}

/** The gateway sends canonical paths: what it does not spell like a template is no route of ours. */
function find(templates: readonly Template[], path: string): Found | undefined {
  const segments = path.split('/');
  for (const template of templates) {
    const params = match(template.segments, segments);
    if (params) return { template, params };
  }
  return undefined;
}

function match(template: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (template.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (let at = 0; at < template.length; at += 1) {
    const wanted = template[at] ?? '';
    const given = path[at] ?? '';
    if (wanted.startsWith(':')) params[wanted.slice(1)] = decoded(given);
    else if (wanted !== given) return undefined;
  }
  return params;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
