import type { GatewayResponse } from './gateway-response.js';

/** Rejects, or answers false, once the credential that opened a stream would not open it any more. */
export type StillAllowed = () => Promise<boolean>;

/** Answers that do not end by themselves (`text/event-stream`): they end with their credential, and with the server. */
export interface EventStreams {
  /** Takes note of an answer that may become a stream, before anybody writes to it. */
  follow(response: GatewayResponse, stillAllowed: StillAllowed): void;
  /** Ends every open stream; what was written before arrives, and clients resume with another process. */
  close(): void;
}

/** How long a stream outlives its token, a revocation, or the key that was deleted; in milliseconds. */
export const LOOK_AGAIN_MS = 2000;

export function createEventStreams(lookAgainMs = LOOK_AGAIN_MS): EventStreams {
  const open = new Set<GatewayResponse>();

  const begin = (response: GatewayResponse, stillAllowed: StillAllowed): void => {
    const timer = setInterval(() => {
      stillAllowed().then(
        (allowed) => {
          if (!allowed) response.end();
        },
        () => response.end(),
      );
    }, lookAgainMs).unref();
    open.add(response);
    response.once('close', () => {
      clearInterval(timer);
      open.delete(response);
    });
  };

  return {
    follow(response, stillAllowed) {
      response.onEventStream = () => begin(response, stillAllowed);
    },
    close() {
      for (const response of open) response.end();
    },
  };
}
