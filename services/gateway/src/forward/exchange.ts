import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { BodyTooLarge, connectionOptions, HOP_BY_HOP } from './proxy-request.js';

export interface ExchangeEnd {
  /** No answer came and none was begun. */
  unavailable(): void;
  /** The body grew beyond what is accepted. */
  tooLarge(): void;
  /**
   * Sends the request again, where that is safe, and then answers true. `unsent`: no byte of it reached anybody; `lost`: its
   * connection died before any answer.
   */
  retry(failure: 'unsent' | 'lost'): boolean;
  /** The wait for an answer ended, however it did. Called once. */
  settled(): void;
  /** Longest wait for the first byte of the answer, waiting for a connection included. */
  readonly answerTimeoutMs: number;
}

/**
 * One request on its way through the proxy: streams the answer to the client under backpressure, tells the service when
 * the client is gone, and ends every failure in exactly one way.
 */
export function createExchange(response: ServerResponse, end: ExchangeEnd): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | undefined;
  let over = false;
  let settled = false;

  const settle = (): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    end.settled();
  };
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    settle();
    response.off('close', onClose);
    response.off('drain', onDrain);
    return true;
  };
  const fail = (error: Error): void => {
    if (!finish()) return;
    if (response.headersSent || response.destroyed) response.destroy();
    else if (error instanceof BodyTooLarge) end.tooLarge();
    else if (!mayRetry(error, controller) || !end.retry(controller ? 'lost' : 'unsent')) end.unavailable();
  };
  const onClose = (): void => {
    if (finish()) controller?.abort(new Error('the client is gone'));
  };
  const onDrain = (): void => controller?.resume();
  const timer = setTimeout(() => {
    const error = new NoAnswerInTime();
    fail(error);
    controller?.abort(error);
  }, end.answerTimeoutMs);
  response.on('close', onClose);

  return {
    onRequestStart(started) {
      controller = started;
      // The client left, or the wait was too long, while the request waited for a connection.
      if (over) started.abort(new Error('nobody waits any more'));
    },
    onResponseStart(_controller, status, headers) {
      // Interim answers (RFC 9110 section 15.2) end at this hop.
      if (over || status < 200) return;
      settle();
      response.writeHead(status, responseHeaders(headers));
      response.on('drain', onDrain);
    },
    onResponseData(current, chunk) {
      if (!over && !response.write(chunk)) current.pause();
    },
    onResponseEnd() {
      // Trailers are not passed on: nothing of ours sends any.
      if (finish()) response.end();
    },
    onResponseError(_controller, error) {
      fail(error);
    },
  };
}

function responseHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = connectionOptions(headers.connection);
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named?.includes(name)) kept[name] = value;
  }
  return kept;
}

const LOST = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';
}

/** A request that has no controller yet was written to no connection: whatever failed, nobody saw it. */
function mayRetry(error: Error, started: unknown): boolean {
  if (error instanceof NoAnswerInTime) return false;
  return !started || LOST.has((error as { code?: string }).code ?? '');
}
