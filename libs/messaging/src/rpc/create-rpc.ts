import { create, type DescMethod, type DescService, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import type { ServiceName } from '@lumo/contracts';
import { type Clock, DomainError, isDomainError, systemClock } from '@lumo/kit';
import { type ContextCodec, requireContext } from '@lumo/tenancy';
import type { ClientProxy } from '@nestjs/microservices';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type MessagingMetrics, noMetrics, type RpcOutcome } from '../metrics.js';
import { tracer } from '../tracer.js';
import { requireCallable } from './callable.js';
import type { Rpc, RpcClient } from './rpc.js';
import { methodSubject } from './subject.js';
import {
  CONTEXT_HEADER,
  DEADLINE_HEADER,
  decodeRefusal,
  MAX_RPC_BYTES,
  type RpcReply,
  type RpcRequest,
  temporarilyUnavailable,
} from './wire.js';

/** How long a call may take where the context names no deadline, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 5000;

export interface CreateRpcOptions {
  readonly proxy: ClientProxy;
  /** First token of every subject; the name of the installation. */
  readonly prefix: string;
  readonly codec: ContextCodec;
  readonly clock?: Clock;
  readonly metrics?: MessagingMetrics;
  readonly timeoutMs?: number;
}

/** The door of one service to the others. It can only name what the topology lets `caller` call. */
export function createRpc<Caller extends ServiceName>(caller: Caller, options: CreateRpcOptions): Rpc<Caller> {
  const clients = new Map<string, unknown>();
  return {
    client<S extends DescService>(service: S): RpcClient<S> {
      const known = clients.get(service.typeName);
      if (known) return known as RpcClient<S>;
      requireCallable(caller, service.typeName);
      const client = Object.fromEntries(
        service.methods.map((method) => [
          method.localName,
          (request: Record<string, unknown>) => call(caller, options, method, request),
        ]),
      );
      clients.set(service.typeName, client);
      return client as unknown as RpcClient<S>;
    },
  };
}

async function call(
  caller: ServiceName,
  options: CreateRpcOptions,
  method: DescMethod,
  message: Record<string, unknown>,
): Promise<Message> {
  const { proxy, prefix, codec, clock = systemClock, metrics = noMetrics, timeoutMs = DEFAULT_DEADLINE_MS } = options;
  const caught = requireContext();
  const startedMs = clock.now();
  const deadlineMs = Math.min(caught.deadlineMs ?? Number.POSITIVE_INFINITY, startedMs + timeoutMs);
  const name = `${method.parent.typeName}/${method.name}`;
  const span = tracer().startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: { 'rpc.system': 'lumo', 'rpc.service': method.parent.typeName, 'rpc.method': method.name },
  });
  let outcome: RpcOutcome = 'ok';
  try {
    const body = toBinary(method.input, create(method.input, message));
    if (body.length > MAX_RPC_BYTES) {
      throw new DomainError('invalid', 'request_too_large', 'The request is too large. Send less at once.');
    }
    const headers: Record<string, string> = {
      [CONTEXT_HEADER]: codec.seal(caught, startedMs),
      [DEADLINE_HEADER]: String(deadlineMs),
    };
    propagation.inject(trace.setSpan(context.active(), span), headers);
    const reply = await send(proxy, methodSubject(prefix, method), { headers, body }, deadlineMs - startedMs);
    if (reply.refused) throw decodeRefusal(reply.body);
    return fromBinary(method.output, reply.body);
  } catch (error) {
    outcome = isDomainError(error) ? error.kind : 'internal';
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
    throw error;
  } finally {
    span.end();
    metrics.rpcCalled({ caller, method: name, outcome, seconds: (clock.now() - startedMs) / 1000 });
  }
}

/** Waits for the answer, at most `remainingMs`; whatever the transport says instead of an answer is `unavailable`. */
function send(proxy: ClientProxy, subject: string, request: RpcRequest, remainingMs: number): Promise<RpcReply> {
  if (remainingMs <= 0) return Promise.reject(temporarilyUnavailable(new Error('deadline exceeded before the call')));
  return new Promise((resolve, reject) => {
    const subscription = proxy.send<RpcReply>(subject, request).subscribe({
      next(reply) {
        clearTimeout(timer);
        resolve(reply);
      },
      error(error: unknown) {
        clearTimeout(timer);
        reject(isDomainError(error) ? error : temporarilyUnavailable(error));
      },
    });
    const timer = setTimeout(() => {
      subscription.unsubscribe();
      reject(temporarilyUnavailable(new Error(`no answer of ${subject} within ${remainingMs} ms`)));
    }, remainingMs);
  });
}
