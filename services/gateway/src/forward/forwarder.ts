import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceName } from '@lumo/contracts';

/** A service that stands behind the gateway. */
export type Upstream = Exclude<ServiceName, 'gateway'>;

/** The answer of a service to the gateway itself. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly body: string;
}

/** What the gateway answers where a service does not; in the same envelope as everything else it says. */
export interface ForwardRefusals {
  unavailable(response: ServerResponse, upstream: Upstream): void;
  tooLarge(response: ServerResponse): void;
}

/** What a row of the route table says of how its requests travel. */
export interface ForwardHow {
  /** Of a body that the service reads piece by piece. */
  readonly maxBodyBytes?: number;
  /** The id of the org whose owners among the replicas answer. */
  readonly placedBy?: string;
  /** The request asks and changes nothing, whatever its method: it may be sent again. Its body is read whole. */
  readonly repeatable?: boolean;
  /** A repeatable POST that may travel in one message with others of the same moment. */
  readonly together?: boolean;
}

/**
 * Hands requests to the services.
 * Guarantees: bodies stream in both directions under backpressure; when the client goes away the service learns it; a
 * service that is down or does not answer in time is answered by `unavailable` (503) if no byte of an answer was
 * sent, else the connection is cut so that the client sees a broken answer and never a short one; a request that may have
 * changed something is never sent twice, and one that reached nobody goes to another replica where there is one, once;
 * hop-by-hop headers stay on their hop.
 * Not guaranteed: that a request answered with 503 was not carried out.
 */
export interface Forwarder {
  /** Takes over `response`. `request.url` and its headers are already what the service shall see. */
  forward(upstream: Upstream, request: IncomingMessage, response: ServerResponse, how?: ForwardHow): void;
  /** A GET of the gateway's own, for descriptions and health. Rejects where the service cannot be reached. */
  get(upstream: Upstream, path: string): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}
