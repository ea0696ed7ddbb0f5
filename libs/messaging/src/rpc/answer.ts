import { create, type DescMethod, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Clock, DomainError, isDomainError, systemClock } from '@lumo/kit';
import { type ContextCodec, type RequestContext, runInContext } from '@lumo/tenancy';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics, type RpcOutcome } from '../metrics.js';
import { tracer } from '../tracer.js';
import { serviceOf } from './callable.js';
import type { RpcImplementation } from './rpc.js';
import { methodSubject } from './subject.js';
import {
  CONTEXT_HEADER,
  DEADLINE_HEADER,
  encodeRefusal,
  MAX_RPC_BYTES,
  type RpcReply,
  type RpcRequest,
  temporarilyUnavailable,
} from './wire.js';

export interface AnswerOptions {
  readonly prefix: string;
  readonly codec: ContextCodec;
  readonly logger: MessagingLogger;
  readonly clock?: Clock;
  readonly metrics?: MessagingMetrics;
}

/** Answers one call. It never rejects: a failure is an answer too. */
export type RpcAnswer = (request: RpcRequest) => Promise<RpcReply>;

/** The answers of an implementation by subject. A method without a handler is a bug of the service and throws. */
export function answersOf(implementation: RpcImplementation, options: AnswerOptions): ReadonlyMap<string, RpcAnswer> {
  return new Map(
    implementation.service.methods.map((method) => {
      const handler = implementation.handlers[method.localName];
      if (!handler) throw new Error(`${method.parent.typeName}/${method.name} has no handler.`);
      return [methodSubject(options.prefix, method), answerOf(method, handler as Handler, options)] as const;
    }),
  );
}

type Handler = (request: unknown) => Promise<Record<string, unknown>>;

function answerOf(method: DescMethod, handler: Handler, options: AnswerOptions): RpcAnswer {
  const { codec, logger, clock = systemClock, metrics = noMetrics } = options;
  const name = `${method.parent.typeName}/${method.name}`;
  const service = serviceOf(method.parent.typeName);

  async function answer({ headers, body }: RpcRequest): Promise<RpcReply> {
    const caller = openContext(headers, codec, clock.now());
    const message = fromBinary(method.input, body);
    const output = await runInContext(caller, () => handler(message));
    const answered = toBinary(method.output, create(method.output, output));
    if (answered.length > MAX_RPC_BYTES) throw new Error(`the answer of ${answered.length} bytes is too large`);
    return { refused: false, body: answered };
  }

  return async (request) => {
    const startedMs = clock.now();
    let outcome: RpcOutcome = 'ok';
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer().startSpan(name, { kind: SpanKind.SERVER }, parent);
    try {
      return await context.with(trace.setSpan(parent, span), answer, undefined, request);
    } catch (error) {
      const refusal = isDomainError(error) ? error : hidden(error);
      outcome = refusal.kind;
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      if (refusal.kind === 'internal')
        logger.error({ err: refusal.cause ?? refusal, rpc: name }, 'an RPC handler failed');
      return encodeRefusal(refusal);
    } finally {
      span.end();
      metrics.rpcHandled({ service, method: name, outcome, seconds: (clock.now() - startedMs) / 1000 });
    }
  };
}

/** The caller's context with its deadline; refuses what this installation did not seal, and what came too late. */
function openContext(headers: RpcRequest['headers'], codec: ContextCodec, nowMs: number): RequestContext {
  const token = headers[CONTEXT_HEADER];
  const opened = token ? codec.open(token, nowMs) : undefined;
  if (!opened?.ok) {
    throw new DomainError('unauthenticated', 'invalid_context', 'The call carries no valid context.', {
      details: { reason: opened ? opened.error : 'missing' },
    });
  }
  const deadlineMs = Number(headers[DEADLINE_HEADER]);
  if (!(deadlineMs > nowMs)) throw temporarilyUnavailable(new Error('the deadline passed before the call arrived'));
  return { ...opened.value, deadlineMs };
}

/** What the caller learns of a failure that is no refusal: nothing but that there was one. */
function hidden(error: unknown): DomainError {
  return new DomainError(
    'internal',
    'server_error',
    'Something went wrong on our side. Try again; if it stays, report the request id.',
    {
      cause: error,
    },
  );
}
