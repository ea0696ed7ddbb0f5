import { type DriveOptions, drive, type Operation } from '../load/drive.js';
import type { Send } from '../load/http-client.js';
import type { Measurement } from '../load/measure.js';
import { createDocumentsGraph, type DocumentsGraph, type Question } from './documents-graph.js';
import { loadStore, type OpenFgaServer, type OpenFgaStore } from './openfga-store.js';

export interface RelationsOptions {
  readonly tuples: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  say(text: string): void;
}

/** A window of load; what the server used for it is known of our own only. */
export type Load = Omit<Measurement, 'perSecond'>;

/** Drives a window of load of this name. */
export type Drive = (name: string, users: readonly Operation[], options: DriveOptions) => Promise<Load>;

/** The same load on any server that speaks the OpenFGA API. */
export interface RelationsResult {
  readonly tuples: number;
  /** Until every tuple was written through the API. */
  readonly writeSeconds: number;
  readonly checks: Load;
  /** Half of the aim, evenly spaced: what an answer takes on a server that is not at its limit. */
  readonly checksAtHalf: Load;
  readonly batches: Load;
  readonly lists: Load;
}

export const RELATION_AIMS = {
  checksPerSecond: 6000,
  checksAtHalfP99Ms: 10,
  batchedChecksPerSecond: 80_000,
  listMs: 20,
} as const;
/** The most that an OpenFGA server takes in one request unless it is told otherwise. */
export const CHECKS_PER_BATCH = 50;

const QUESTIONS = 20_000;
const BATCHES = 400;
const USERS = 16;
const LISTERS = 1;
const SAY_EVERY_MS = 5000;

export interface LoadedRelations {
  readonly graph: DocumentsGraph;
  readonly store: OpenFgaStore;
  readonly questions: readonly Question[];
  readonly writeSeconds: number;
}

/** Writes the graph into a new store. */
export async function loadRelations(server: OpenFgaServer, options: RelationsOptions): Promise<LoadedRelations> {
  const { tuples, say } = options;
  const graph = createDocumentsGraph(tuples);
  const startedMs = performance.now();
  let saidMs = startedMs;
  const store = await loadStore(server, graph, (written) => {
    if (performance.now() - saidMs < SAY_EVERY_MS) return;
    saidMs = performance.now();
    say(`  ${written} of ${graph.tupleCount} tuples`);
  });
  const writeSeconds = (performance.now() - startedMs) / 1000;
  return { graph, store, questions: graph.randomQuestions(QUESTIONS, 7), writeSeconds };
}

/** Drives a loaded store; an answer that is not the right one is a failure. */
export async function driveRelations(
  { http }: OpenFgaServer,
  { graph, store, questions, writeSeconds }: LoadedRelations,
  { warmUpMs, measureMs, say }: RelationsOptions,
  driveLoad: Drive = (_name, users, options) => drive(users, options),
): Promise<RelationsResult> {
  const times = { warmUpMs, measureMs };
  const prepared = questions.map((question) => ({ send: store.check(question), allowed: question.allowed }));
  const check = cycle(prepared, async ({ send, allowed }) => {
    const { text } = await http.expect(200, send);
    if (text.includes('"allowed":true') !== allowed) throw new Error(`${send.body}: ${text}`);
  });
  const batch = cycle(batchesOf(store, questions), async ({ send, allowed }) => {
    const { text } = await http.expect(200, send);
    if (text.split('"allowed":true').length - 1 !== allowed) throw new Error(`${send.body}: ${text}`);
  });
  const { user, documents } = graph.lister;
  const list = store.listObjects(user, 'viewer', 'document');
  const listAll = async (): Promise<void> => {
    const { text } = await http.expect(200, list);
    const { objects } = JSON.parse(text) as { readonly objects: readonly string[] };
    if (objects.length !== documents) throw new Error(`listed ${objects.length} of ${documents}`);
  };

  const run = (name: string, users: number, operation: Operation, perSecond?: number): Promise<Load> => {
    say(`  ${name}`);
    return driveLoad(name, Array<Operation>(users).fill(operation), { ...times, ...(perSecond && { perSecond }) });
  };
  return {
    tuples: graph.tupleCount,
    writeSeconds,
    checks: await run('relation-checks', USERS, check),
    checksAtHalf: await run('relation-checks-at-half', USERS, check, RELATION_AIMS.checksPerSecond / 2),
    batches: await run('relation-batches', USERS, batch),
    lists: await run('relation-lists', LISTERS, listAll),
  };
}

interface Prepared<T> {
  readonly send: Send;
  readonly allowed: T;
}

function batchesOf(store: OpenFgaStore, questions: readonly Question[]): readonly Prepared<number>[] {
  return Array.from({ length: BATCHES }, (_, index) => {
    const from = (index * CHECKS_PER_BATCH) % (questions.length - CHECKS_PER_BATCH);
    const batch = questions.slice(from, from + CHECKS_PER_BATCH);
    return { send: store.batchCheck(batch), allowed: batch.filter(({ allowed }) => allowed).length };
  });
}

/** One after the other over all users, so that no answer is asked for again soon. */
function cycle<T>(items: readonly T[], use: (item: T) => Promise<void>): Operation {
  let next = 0;
  return () => use(items[next++ % items.length] as T);
}
