import { setTimeout as delay } from 'node:timers/promises';

export interface FollowedEvent<T> {
  readonly type: string;
  readonly id: string;
  readonly data: T;
}

/** A client of server-sent events that comes back after whatever happened, from the last event that it had. */
export interface Follower<T> {
  readonly events: readonly FollowedEvent<T>[];
  /** How often a connection was made. */
  readonly connections: () => number;
  /** Rejects with what no client could recover from. */
  close(): Promise<void>;
}

const AGAIN_MS = 50;
/** Answers after which a client comes back; any other refusal is final. */
const PASSING = [429, 503];

/** @param connect begins a stream behind an event; without an id at the beginning */
export function followEvents<T>(
  connect: (after: string | undefined, signal: AbortSignal) => Promise<Response>,
): Follower<T> {
  const events: FollowedEvent<T>[] = [];
  const closing = new AbortController();
  const { signal } = closing;
  let connections = 0;

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const response = await connect(events.at(-1)?.id, signal).catch(() => undefined);
      if (response?.status === 200 && response.body) {
        connections += 1;
        // A stream that breaks off ends in the middle of an event, which then comes again.
        const take = ({ id = events.at(-1)?.id ?? '', ...event }: ReadEvent) => {
          events.push({ ...event, id, data: event.data as T });
        };
        await read(response.body, take).catch(() => undefined);
      } else if (response && !PASSING.includes(response.status)) {
        throw new Error(`the stream is refused: ${response.status} ${(await response.text()).slice(0, 500)}`);
      }
      await delay(AGAIN_MS);
    }
  };
  const following = follow();
  following.catch(() => undefined);
  return {
    events,
    connections: () => connections,
    async close() {
      closing.abort();
      await following;
    },
  };
}

/** An event without an id leaves the last one as it was. */
interface ReadEvent {
  readonly type: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Only what is whole: an event counts when the empty line behind it was read. */
async function read(body: ReadableStream<Uint8Array>, take: (event: ReadEvent) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => line.split(/: ?(.*)/s));
      const field = (name: string) => lines.find(([given]) => given === name)?.[1];
      const data = field('data');
      if (data !== undefined) take({ type: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) });
    }
  }
}
