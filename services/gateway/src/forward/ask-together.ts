import { StringDecoder } from 'node:string_decoder';
import {
  ASK_ALONE,
  CONTEXT_HEADER,
  TOGETHER_PATH,
  TOGETHER_TYPE,
  type TogetherAnswer,
  type TogetherItem,
} from '@lumo/service';
import type { Dispatcher } from 'undici';
import type { Destination } from './destinations.js';
import type { Errand } from './errand.js';

/** How requests that travelled together end where they got no answer. */
export interface TogetherEnds {
  /** Alone, as if it had come alone. */
  alone(errand: Errand, to: Destination): void;
  /** No answer; `unsent`: nobody saw any of it. */
  failed(errand: Errand, to: Destination, failure: 'unsent' | 'lost' | 'late'): void;
}

/** Collects what goes to one process within a turn of the event loop into one message. */
export interface AskTogether {
  add(errand: Errand, to: Destination): void;
}

/** A body that is larger travels alone: nobody shall wait for its bytes. */
export const MAX_TOGETHER_BYTES = 4 * 1024;
/** More go in a second message, which the process can read while it answers the first. */
const MAX_ITEMS = 64;

export function createAskTogether(ends: TogetherEnds): AskTogether {
  const waiting = new Map<Destination, Errand[]>();

  const flush = (): void => {
    for (const [to, errands] of waiting) {
      const wanted = errands.filter(({ response }) => !response.destroyed);
      for (let at = 0; at < wanted.length; at += MAX_ITEMS) {
        const some = wanted.slice(at, at + MAX_ITEMS);
        const [only] = some;
        if (some.length === 1 && only) ends.alone(only, to);
        else send(some, to, ends);
      }
    }
    waiting.clear();
  };

  return {
    add(errand, to) {
      const errands = waiting.get(to);
      if (errands) {
        errands.push(errand);
        return;
      }
      // After everything that has arrived by now was read, before anything else is waited for.
      if (waiting.size === 0) setImmediate(flush);
      waiting.set(to, [errand]);
    },
  };
}

function send(errands: readonly Errand[], to: Destination, ends: TogetherEnds): void {
  const open = new Set(errands);
  to.waiting += errands.length;
  const settle = (errand: Errand): boolean => {
    if (!open.delete(errand)) return false;
    to.waiting -= 1;
    return true;
  };
  const endAll = (end: (errand: Errand) => void): void => {
    for (const errand of errands) if (settle(errand)) end(errand);
  };
  to.pool.dispatch(
    {
      path: TOGETHER_PATH,
      method: 'POST',
      headers: ['content-type', TOGETHER_TYPE],
      body: JSON.stringify(errands.map(itemOf)),
      idempotent: false,
    },
    readAnswers(
      (answer) => {
        const errand = errands[answer[0]];
        if (!errand || !settle(errand)) return;
        if (answer[1] === ASK_ALONE) ends.alone(errand, to);
        else pass(errand, answer);
      },
      (outcome) =>
        endAll((errand) =>
          // A process of an older version: it knows each of them alone.
          outcome === 'unknown' ? ends.alone(errand, to) : ends.failed(errand, to, outcome),
        ),
    ),
  );
}

function itemOf({ request, body }: Errand): TogetherItem {
  const { headers } = request;
  const text = Buffer.isBuffer(body) ? body.toString() : '';
  const item = [request.url ?? '', String(headers[CONTEXT_HEADER]), String(headers['x-request-id']), text] as const;
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? [...item, traceparent] : item;
}

function pass({ response }: Errand, [, status, headers, body]: TogetherAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Reads lines as they come; at the end says why there are no more. */
function readAnswers(
  take: (answer: TogetherAnswer) => void,
  over: (outcome: 'lost' | 'unsent' | 'late' | 'unknown') => void,
): Dispatcher.DispatchHandler {
  const decoder = new StringDecoder('utf8');
  let started = false;
  let isAnswer = false;
  let rest = '';
  return {
    onRequestStart() {
      started = true;
    },
    onResponseStart(_controller, status) {
      isAnswer = status === 200;
    },
    onResponseData(_controller, chunk) {
      if (!isAnswer) return;
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(JSON.parse(line) as TogetherAnswer);
    },
    onResponseEnd() {
      over(isAnswer ? 'lost' : 'unknown');
    },
    onResponseError(_controller, error) {
      const isLate = TIMEOUTS.has((error as { code?: string }).code ?? '');
      over(!started ? 'unsent' : isLate ? 'late' : 'lost');
    },
  };
}

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
