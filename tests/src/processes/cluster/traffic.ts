import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@lumo/contracts';
import type { Bootstrap } from '../../shapes/shape.js';
import { waitUntil } from '../../support/wait-until.js';

/** What a request needs to be answered. */
interface Needs {
  /** On every request. */
  readonly always: readonly ServiceName[];
  /** From time to time: what was learned is remembered for seconds, so that both answers are right. */
  readonly sometimes: readonly ServiceName[];
}

const NEEDS = {
  tokens: { always: ['gateway', 'authn'], sometimes: [] },
  agentTokens: { always: ['gateway', 'authn', 'agents'], sometimes: [] },
  checksByKey: { always: ['gateway', 'authz'], sometimes: ['authn'] },
  checksByToken: { always: ['gateway', 'authz'], sometimes: ['authn'] },
  clients: { always: ['gateway', 'authn'], sometimes: [] },
  /** Each row shows the roles of the person. */
  users: { always: ['gateway', 'authn', 'authz'], sometimes: [] },
  newUsers: { always: ['gateway', 'authn'], sometimes: [] },
  roles: { always: ['gateway', 'authz'], sometimes: ['authn'] },
  agents: { always: ['gateway', 'agents'], sometimes: ['authn'] },
  log: { always: ['gateway', 'audit'], sometimes: ['authn'] },
} as const satisfies Record<string, Needs>;

export type Kind = keyof typeof NEEDS;

const KINDS = Object.keys(NEEDS) as readonly Kind[];

export function needsAlways(kind: Kind, service: ServiceName): boolean {
  return (NEEDS[kind].always as readonly ServiceName[]).includes(service);
}

export function needsSometimes(kind: Kind, service: ServiceName): boolean {
  return (NEEDS[kind].sometimes as readonly ServiceName[]).includes(service);
}

/** How one request ended. */
export interface Ending {
  readonly kind: Kind;
  /** A status, or why there was none: nobody listens, or nobody answered for far longer than any deadline. */
  readonly outcome: number | 'unreachable' | 'hung';
  readonly retryAfter: string | null;
  readonly requestId: string;
  readonly text: string;
}

/** Requests of every kind, again and again, until it is stopped. */
export interface Traffic {
  /** One request of each kind now, beside the traffic. */
  round(): Promise<readonly Ending[]>;
  /** Resolves when a whole round succeeded. */
  flowing(): Promise<void>;
  /** How everything ended that was sent since this was called last, also what was still on its way. */
  take(): Promise<readonly Ending[]>;
  stop(): Promise<void>;
}

/** A call between services gives up after 5 s; who waits for much longer than that was forgotten. */
const HUNG_MS = 9000;
const PAUSE_MS = 150;

export function isSuccess({ outcome }: Ending): boolean {
  return outcome === 200 || outcome === 201;
}

/** @param aliceToken an access token that outlives the test */
export function startTraffic(baseUrl: string, bootstrap: Bootstrap, aliceToken: string): Traffic {
  const { apiKey, agent, clients, alice, org } = bootstrap;
  const api = `${baseUrl}/orgs/${org}/api/v1`;
  const byKey = { 'x-api-key': apiKey };
  const json = { 'content-type': 'application/json' };
  let users = 0;

  const grant = (clientId: string, clientSecret: string): Promise<Response> =>
    fetch(`${api}/oauth/token`, {
      method: 'POST',
      signal: AbortSignal.timeout(HUNG_MS),
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
  const post = (url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(HUNG_MS),
    });
  const get = (path: string): Promise<Response> =>
    fetch(`${api}/admin/${path}?limit=5`, { headers: byKey, signal: AbortSignal.timeout(HUNG_MS) });
  const question = { permission: 'document.read' };
  const senders: Readonly<Record<Kind, () => Promise<Response>>> = {
    tokens: () => grant(clients.m2m.clientId, clients.m2m.clientSecret),
    agentTokens: () => grant(agent.clientId, agent.clientSecret),
    checksByKey: () => post(`${baseUrl}/api/v1/authz/check`, byKey, { ...question, user_id: alice.email }),
    checksByToken: () => post(`${baseUrl}/api/v1/authz/check`, { authorization: `Bearer ${aliceToken}` }, question),
    clients: () => get('clients'),
    users: () => get('users'),
    newUsers: () => {
      users += 1;
      const user = { email: `user-${users}@traffic.test`, password: `Aa1!traffic-${users}-long`, name: 'Una User' };
      return post(`${api}/admin/users`, byKey, user);
    },
    roles: () => get('roles'),
    agents: () => get('agents'),
    log: () => get('audit-logs'),
  };

  let endings: Ending[] = [];
  const inFlight = new Set<Promise<Ending>>();
  const send = async (kind: Kind): Promise<Ending> => {
    const sent = endingOf(kind, senders[kind]);
    inFlight.add(sent);
    const ending = await sent;
    inFlight.delete(sent);
    endings.push(ending);
    return ending;
  };
  const round = (): Promise<readonly Ending[]> => Promise.all(KINDS.map(send));

  let stopping = false;
  const loops = KINDS.map(async (kind) => {
    while (!stopping) {
      await send(kind);
      await delay(PAUSE_MS);
    }
  });

  return {
    round,
    async flowing() {
      let last: readonly Ending[] = [];
      await waitUntil(
        async () => {
          last = await round();
          return last.every(isSuccess);
        },
        { what: 'every kind of request succeeds', forMs: 40_000, everyMs: 50 },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${JSON.stringify(last.filter((ending) => !isSuccess(ending)))}`);
      });
    },
    async take() {
      // A call that a killed process had in hand ends at its deadline: it belongs to this fault, not to the next.
      await Promise.all(inFlight);
      const taken = endings;
      endings = [];
      return taken;
    },
    async stop() {
      stopping = true;
      await Promise.all(loops);
    },
  };
}

async function endingOf(kind: Kind, send: () => Promise<Response>): Promise<Ending> {
  try {
    const response = await send();
    const text = await response.text();
    return {
      kind,
      outcome: response.status,
      retryAfter: response.headers.get('retry-after'),
      requestId: response.headers.get('x-request-id') ?? '',
      text: text.slice(0, 300),
    };
  } catch (error) {
    const hung = (error as Error).name === 'TimeoutError';
    return { kind, outcome: hung ? 'hung' : 'unreachable', retryAfter: null, requestId: '', text: String(error) };
  }
}
