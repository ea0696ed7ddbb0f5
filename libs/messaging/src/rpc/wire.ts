import { DomainError, ERROR_KINDS, type ErrorDetails, type ErrorKind } from '@lumo/kit';

/** Headers of a call. Values are ASCII. */
export type RpcHeaders = Readonly<Record<string, string>>;

/** One call as it travels: protobuf binary and headers. */
export interface RpcRequest {
  readonly headers: RpcHeaders;
  readonly body: Uint8Array;
}

/** One answer: the protobuf of the output, or the JSON of a refusal. */
export interface RpcReply {
  readonly refused: boolean;
  readonly body: Uint8Array;
}

export const CONTEXT_HEADER = 'x-lumo-context';
/** Epoch milliseconds after which nobody waits for the answer. */
export const DEADLINE_HEADER = 'x-lumo-deadline';

/** Largest request or answer, in bytes: below the 1 MiB that a NATS server accepts by default, headers included. */
export const MAX_RPC_BYTES = 960 * 1024;

/** What a caller gets when no answer came in time, whatever the reason was. Retry after one second. */
export function temporarilyUnavailable(cause?: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'temporarily_unavailable',
    'A part of the service did not answer in time. Try again in a moment.',
    { retryAfterSeconds: 1, ...(cause !== undefined && { cause }) },
  );
}

interface Refusal {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly retryAfterSeconds?: number;
}

/** A refusal as it travels. The cause stays: it is for this process's log only. */
export function encodeRefusal(error: DomainError): RpcReply {
  const refusal: Refusal = {
    kind: error.kind,
    code: error.code,
    message: error.message,
    ...(error.details && { details: error.details }),
    ...(error.options.retryAfterSeconds !== undefined && { retryAfterSeconds: error.options.retryAfterSeconds }),
  };
  return { refused: true, body: Buffer.from(JSON.stringify(refusal)) };
}

export function decodeRefusal(body: Uint8Array): DomainError {
  const refusal = JSON.parse(Buffer.from(body).toString()) as Refusal;
  const kind = ERROR_KINDS.includes(refusal.kind) ? refusal.kind : 'internal';
  return new DomainError(kind, refusal.code, refusal.message, {
    ...(refusal.details && { details: refusal.details }),
    ...(refusal.retryAfterSeconds !== undefined && { retryAfterSeconds: refusal.retryAfterSeconds }),
  });
}
