import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '@lumo/tests/shapes/cluster';
import { keyOf, sealedHeaders } from '@lumo/tests/support/sealed-call';
import { createHttpClient, type HttpClient, json } from '../load/http-client.js';
import { summarize } from '../load/latency.js';
import type { Visibility } from './cluster-report.js';

const MODEL = `model
  schema 1.1

type user

type document
  relations
    define viewer: [user]
`;

interface Place {
  readonly http: HttpClient;
  post(path: string, body: unknown): Promise<{ readonly allowed?: boolean; readonly token: string }>;
}

/**
 * Writes through one replica and looks at the other, both without the gateway. Each write is of a tuple of its own; the two
 * change sides every time.
 */
export async function measureVisibility(
  cluster: Cluster,
  org: { readonly id: string; readonly slug: string },
  { writes, others }: { readonly writes: number; readonly others: number },
): Promise<Visibility> {
  const api = `/orgs/${org.slug}/api/v1/relations`;
  const places = cluster.replicas.authz.map(({ url }): Place => {
    const http = createHttpClient(url);
    return {
      http,
      async post(path, body) {
        const headers = sealedHeaders(cluster.masterKey, keyOf(org));
        const status = path === '/models' ? 201 : 200;
        const sent = { method: 'POST', path: `${api}${path}`, ...json(body, headers) } as const;
        return JSON.parse((await http.expect(status, sent)).text);
      },
    };
  });
  const lags: number[] = [];
  const fresh: number[] = [];
  const stopping = new AbortController();
  try {
    await places[0]?.post('/models', { dsl: MODEL });
    const busy = keepWriting(places, others, stopping.signal);
    for (let n = 0; n < writes; n += 1) {
      const [writer, reader] = n % 2 === 0 ? places : places.toReversed();
      if (!writer || !reader) throw new Error('there are not two replicas');
      const one = await writeAndLook(writer, reader);
      lags.push(one.lagMs);
      fresh.push(one.freshCheckMs);
      await delay(5);
    }
    stopping.abort();
    await busy;
    return { writes, others, lagMs: summarize(lags), freshCheckMs: summarize(fresh) };
  } finally {
    stopping.abort();
    await Promise.all(places.map(({ http }) => http.close()));
  }
}

async function writeAndLook(
  writer: Place,
  reader: Place,
): Promise<{ readonly lagMs: number; readonly freshCheckMs: number }> {
  const tuple = { object: `document:${randomUUID()}`, relation: 'viewer', subject: 'user:anne' };
  const seen = look(reader, tuple);
  const { token } = await writer.post('/tuples', { writes: [tuple] });
  const writtenMs = performance.now();
  const answer = await reader.post('/check', { ...tuple, consistency: { at_least_as_fresh: token } });
  const freshCheckMs = performance.now() - writtenMs;
  if (answer.allowed !== true) throw new Error('a check with the token of a write did not see it');
  return { lagMs: Math.max(0, (await seen) - writtenMs), freshCheckMs };
}

/** When the first question that sees it was answered. */
async function look(reader: Place, tuple: object): Promise<number> {
  for (;;) {
    const { allowed } = await reader.post('/check', tuple);
    if (allowed) return performance.now();
    // A reader that never rests would measure itself.
    await delay(1);
  }
}

/** Others who change the same organization, so that the replicas are never at rest. */
async function keepWriting(places: readonly Place[], perSecond: number, signal: AbortSignal): Promise<void> {
  for (let n = 0; perSecond > 0 && !signal.aborted; n += 1) {
    const writes = [{ object: `document:${randomUUID()}`, relation: 'viewer', subject: 'user:bob' }];
    await places[n % places.length]?.post('/tuples', { writes });
    await delay(1000 / perSecond);
  }
}
