import type { ServiceName } from '@lumo/contracts';
import type { Clock } from '@lumo/kit';
import type { ContextCodec } from '@lumo/tenancy';
import type { MessagingLogger } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';
import type { Rpc, RpcImplementation } from './rpc.js';

/** How calls travel. One per process; both shapes have the same semantics (`rpcContract`). */
export interface RpcTransport {
  /** Starts to answer calls of these services. Throws where a method has no handler or is answered already. */
  serve(implementations: readonly RpcImplementation[]): Promise<void>;
  /** The door of one service to the others. */
  rpc<Caller extends ServiceName>(caller: Caller): Rpc<Caller>;
  /** Rejects where calls cannot travel now. */
  ping(): Promise<void>;
  /** Takes no more calls, lets those in hand finish (5 s at most), then lets go of the connection. */
  close(): Promise<void>;
}

export interface RpcTransportOptions {
  /** Seals and opens the caller's context: `createContextCodec(masterKey.derive('context-hmac'))`. */
  readonly codec: ContextCodec;
  readonly logger: MessagingLogger;
  readonly clock?: Clock;
  readonly metrics?: MessagingMetrics;
  /** First token of every subject, for several installations on one NATS. */
  readonly prefix?: string;
  /** For a call whose context has no deadline, in milliseconds (5000). */
  readonly timeoutMs?: number;
}

/** How long `close()` waits for calls in hand, in milliseconds. */
export const DRAIN_MS = 5000;
