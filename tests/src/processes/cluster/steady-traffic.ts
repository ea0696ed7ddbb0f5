import { setTimeout as delay } from 'node:timers/promises';

/** How one request ended: a status, or why there was none. */
export interface Ending {
  readonly status: number | 'unreachable' | 'hung';
  readonly text: string;
}

/** Several senders, each with one request at a time, until they are stopped. */
export interface SteadyTraffic<Outcome> {
  /** What ended since this was called last, also what was on its way. */
  take(): Promise<readonly Outcome[]>;
  stop(): Promise<void>;
}

const HUNG_MS = 9000;

/** @param send the n-th request of all; it must not reject */
export function keepSending<Outcome>(
  senders: number,
  send: (n: number) => Promise<Outcome>,
  pauseMs = 0,
): SteadyTraffic<Outcome> {
  let stopping = false;
  let sent = 0;
  let outcomes: Outcome[] = [];
  const inHand = new Set<Promise<void>>();
  const loops = Array.from({ length: senders }, async () => {
    while (!stopping) {
      const n = sent;
      sent += 1;
      const one = send(n).then((outcome) => void outcomes.push(outcome));
      inHand.add(one);
      await one;
      inHand.delete(one);
      await delay(pauseMs);
    }
  });
  return {
    async take() {
      await Promise.all(inHand);
      const taken = outcomes;
      outcomes = [];
      return taken;
    },
    async stop() {
      stopping = true;
      await Promise.all(loops);
    },
  };
}

/** A request whose end is told in every case. */
export async function endingOf(url: string, init: RequestInit): Promise<Ending> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(HUNG_MS) });
    return { status: response.status, text: (await response.text()).slice(0, 500) };
  } catch (error) {
    const hung = (error as Error).name === 'TimeoutError';
    return { status: hung ? 'hung' : 'unreachable', text: String((error as Error).cause ?? error) };
  }
}

export const isSuccess = ({ status }: Ending): boolean => status === 200 || status === 201;
