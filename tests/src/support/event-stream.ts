import { EventSource } from 'eventsource';
import { waitUntil } from './wait-until.js';

export interface StreamedEvent<T = unknown> {
  readonly type: string;
  readonly id: string;
  readonly data: T;
}

/** Server-sent events as a standard client receives them. It comes back by itself, from the last event that it had. */
export interface EventStream {
  readonly events: readonly StreamedEvent[];
  /** The first event that fits; fails where none comes. */
  find<T>(type: string, fits?: (data: T) => boolean): Promise<StreamedEvent<T>>;
  /** How often it connected. */
  readonly connections: () => number;
  /** Why the last attempt to connect was refused; the client does not come back then. */
  readonly refusal: () => { readonly status: number; readonly text: string } | undefined;
  close(): void;
}

export function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  types: readonly string[] = ['change', 'heartbeat', 'error'],
): EventStream {
  const events: StreamedEvent[] = [];
  let connections = 0;
  let refusal: { readonly status: number; readonly text: string } | undefined;
  const source = new EventSource(url, {
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, headers: { ...init.headers, ...headers } });
      if (response.status === 200) connections++;
      else refusal = { status: response.status, text: await response.clone().text() };
      return response;
    },
  });
  for (const type of types) {
    source.addEventListener(type, (event) => {
      const { data, lastEventId } = event as MessageEvent<string>;
      if (typeof data === 'string') events.push({ type, id: lastEventId, data: JSON.parse(data) });
    });
  }
  return {
    events,
    find: <T>(type: string, fits: (data: T) => boolean = () => true) =>
      waitUntil(
        async () => (events as readonly StreamedEvent<T>[]).find((event) => event.type === type && fits(event.data)),
        { what: `the stream has the event ${type}`, unless: () => refusal?.text },
      ),
    connections: () => connections,
    refusal: () => refusal,
    close: () => source.close(),
  };
}
