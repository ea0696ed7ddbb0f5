import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { ServiceName } from '@lumo/contracts';
import type { CallableService } from './callable.js';

/** The calls of a generated service, e.g. `client.check({ … })`. Org, principal, deadline and trace travel by context. */
export type RpcClient<S extends DescService> = {
  readonly [M in keyof S['method']]: (
    request: MessageInitShape<S['method'][M]['input']>,
  ) => Promise<MessageShape<S['method'][M]['output']>>;
};

/** What a service implements: the same shape, seen from inside. */
export type RpcHandlers<S extends DescService> = {
  readonly [M in keyof S['method']]: (
    request: MessageShape<S['method'][M]['input']>,
  ) => Promise<MessageInitShape<S['method'][M]['output']>>;
};

/**
 * Request and reply between services.
 * Guarantees: a refusal arrives as the same `DomainError` (kind, code, message, details, retry-after); the remaining
 * deadline travels (5 s where the context has none) and a call past it fails with `unavailable`, as does a call that
 * nobody answers; the handler runs in the caller's context (org, principal, request id); a service that `CALLS` does
 * not name is a type error for `Rpc<'caller'>` and throws at `client()`.
 * Not guaranteed: exactly-once. A call whose answer was lost may have happened.
 */
export interface Rpc<Caller extends ServiceName = ServiceName> {
  client<S extends CallableService<Caller>>(service: S): RpcClient<S>;
}

/** A generated service together with its handlers. */
export interface RpcImplementation {
  readonly service: DescService;
  readonly handlers: Readonly<Record<string, (request: never) => Promise<unknown>>>;
}

export function implement<S extends DescService>(service: S, handlers: RpcHandlers<S>): RpcImplementation {
  return { service, handlers: handlers as unknown as RpcImplementation['handlers'] };
}
