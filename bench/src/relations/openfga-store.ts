import { type HttpClient, json, type Send } from '../load/http-client.js';
import type { DocumentsGraph, Question, Tuple } from './documents-graph.js';

/** What every server that speaks the OpenFGA API does with one store. */
export interface OpenFgaStore {
  check(question: Question): Send;
  batchCheck(questions: readonly Question[]): Send;
  listObjects(user: string, relation: string, type: string): Send;
}

export interface OpenFgaServer {
  readonly http: HttpClient;
  /** In front of `/stores`; empty for a server that answers at the root. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How many tuples a write carries: the limit that an OpenFGA server has unless it is told otherwise. */
const TUPLES_PER_WRITE = 100;
const WRITERS = 8;

/** Makes a store with the model and all tuples of a graph, through the public API. */
export async function loadStore(
  { http, prefix, headers }: OpenFgaServer,
  graph: DocumentsGraph,
  progress: (written: number) => void,
): Promise<OpenFgaStore> {
  const post = async <T>(path: string, body: unknown, status = 201): Promise<T> => {
    const { text } = await http.expect(status, { method: 'POST', path: prefix + path, ...json(body, headers) });
    return JSON.parse(text) as T;
  };
  const { id } = await post<{ readonly id: string }>('/stores', { name: 'bench' });
  const store = `/stores/${id}`;
  const { authorization_model_id } = await post<{ readonly authorization_model_id: string }>(
    `${store}/authorization-models`,
    graph.model,
  );
  const batches = inBatches(graph.tuples(), TUPLES_PER_WRITE);
  let written = 0;
  const write = async (): Promise<void> => {
    for (const tuple_keys of batches) {
      await post(`${store}/write`, { writes: { tuple_keys }, authorization_model_id }, 200);
      written += tuple_keys.length;
      progress(written);
    }
  };
  // One iterator for all writers: each takes the next batch that is left.
  await Promise.all(Array.from({ length: WRITERS }, write));

  const send = (path: string, body: object): Send => ({
    method: 'POST',
    path: `${prefix}${store}${path}`,
    ...json({ ...body, authorization_model_id }, headers),
  });
  return {
    check: (question) => send('/check', { tuple_key: key(question) }),
    batchCheck: (questions) =>
      send('/batch-check', {
        checks: questions.map((question, index) => ({ tuple_key: key(question), correlation_id: String(index) })),
      }),
    listObjects: (user, relation, type) => send('/list-objects', { user, relation, type }),
  };
}

function key({ user, relation, object }: Tuple): Tuple {
  return { user, relation, object };
}

function* inBatches<T>(items: Iterable<T>, size: number): Generator<readonly T[], void, undefined> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
