import { DomainError } from '@lumo/kit';
import { type Org, runInContext, systemContext } from '@lumo/tenancy';
import { RbacGraph } from '../core/rbac/rbac-graph.js';
import type { Subject } from '../core/subject.js';
import type { CommitListener, FeedSource, GraphSource } from '../ports.js';
import { GraphShelf } from './graph-shelf.js';
import { createRevisionFeed, MAX_AGE_MS, type RevisionFeed } from './revision-feed.js';

/** `recent`: at most a second older than the request. `now`: everything that was committed before the request. */
export type Freshness = 'recent' | 'now';

/**
 * The graphs of the organizations that are asked about, in memory.
 * Guarantees: an answer knows every change that this process committed before the question, and every change that
 * another process committed a second before it. A question about an organization whose graph is here and current costs
 * no statement.
 */
export interface OrgGraphs extends CommitListener {
  /** `ask` is pure; it may be called again with a better graph when it answers 'unknown'. */
  ask<T>(
    org: Org,
    subjects: readonly Subject[],
    ask: (graph: RbacGraph) => T | 'unknown',
    freshness?: Freshness,
  ): T | Promise<T>;
}

export interface OrgGraphsOptions {
  readonly source: GraphSource & FeedSource;
  /** Shared with other engines of this process. */
  readonly feed?: RevisionFeed;
  readonly elapsedMs?: () => number;
  /** Memory for all graphs together, in bytes of `RbacGraph.byteSize` (96 MB: about 10 000 ordinary organizations). */
  readonly maxBytes?: number;
  /** Assignments up to which a graph holds everybody; beyond, subjects are loaded as they are asked about (20 000). */
  readonly maxSubjects?: number;
}

/** One organization's graph and what is known to be newer than it. */
export interface GraphEntry {
  readonly org: Org;
  graph?: RbacGraph;
  /** The revision that a decision needs at least; infinite where only a fresh reading can tell. */
  required: number;
  /** Counts demands: a reading only answers those that were made before it began. */
  demands: number;
  /** Subjects that somebody waits for. */
  readonly wanted: Map<string, Subject>;
  /** The one reading in progress. */
  advancing?: Promise<void>;
}

const SUBJECTS_PER_READING = 500;
const ATTEMPTS = 4;

export function createOrgGraphs(options: OrgGraphsOptions): OrgGraphs {
  const { source, elapsedMs = () => performance.now(), maxBytes = 96_000_000, maxSubjects = 20_000 } = options;
  const shelf = new GraphShelf(maxBytes, elapsedMs);
  const feed = options.feed ?? createRevisionFeed({ source, elapsedMs });
  feed.follow({
    changed: ({ orgId, roles }) => demand(orgId, roles),
    lost: () => {
      for (const orgId of shelf.orgIds()) demand(orgId, Number.POSITIVE_INFINITY);
    },
  });

  function demand(orgId: string, revision: number): void {
    const entry = shelf.find(orgId);
    if (!entry || revision <= (entry.graph?.revision ?? -1)) return;
    entry.required = Math.max(entry.required, revision);
    entry.demands++;
  }

  async function ask<T>(
    org: Org,
    subjects: readonly Subject[],
    question: (graph: RbacGraph) => T | 'unknown',
    known: Promise<void>,
  ): Promise<T> {
    // Before anything is loaded: what is committed from here on is either in the load or in a later reading of the feed.
    await known;
    const entry = shelf.findOrAdd(org);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const graph = await current(entry, subjects);
      const answer = question(graph);
      if (answer !== 'unknown') return answer;
    }
    throw new DomainError('unavailable', 'temporarily_unavailable', 'Roles change too fast to decide. Try again.', {
      retryAfterSeconds: 1,
    });
  }

  async function current(entry: GraphEntry, subjects: readonly Subject[]): Promise<RbacGraph> {
    // Changes that come after the question need not be waited for, else steady writers could keep readers out.
    const needed = entry.required;
    for (;;) {
      const { graph } = entry;
      const missing = graph ? subjects.filter((subject) => graph.standing(subject) === 'unknown') : [];
      if (graph && graph.revision >= Math.min(needed, entry.required) && missing.length === 0) return graph;
      for (const subject of missing) entry.wanted.set(`${subject.type}:${subject.id}`, subject);
      entry.advancing ??= advance(entry).finally(() => {
        entry.advancing = undefined;
        shelf.weigh(entry);
      });
      await entry.advancing;
    }
  }

  /** One reading for everybody who waits; it belongs to no request, so that no request's deadline ends it for the others. */
  function advance(entry: GraphEntry): Promise<void> {
    return runInContext(systemContext('authz', 'org-graphs', entry.org), async () => {
      const { graph, demands } = entry;
      if (!graph) {
        await load(entry, demands);
      } else if (graph.revision < entry.required) {
        if (!(await catchUp(graph)) || (graph.revision < entry.required && entry.demands === demands)) {
          await load(entry, entry.demands);
        }
      } else {
        await admitWanted(entry, graph);
      }
    });
  }

  async function load(entry: GraphEntry, demands: number): Promise<void> {
    const rows = await source.load(maxSubjects);
    entry.graph = new RbacGraph(rows);
    // Nothing newer was announced since the reading began, so what it found is the truth, whatever was announced before.
    if (entry.demands === demands) entry.required = Math.min(entry.required, rows.revision);
  }

  /** False where the steps in between are no longer kept. */
  async function catchUp(graph: RbacGraph): Promise<boolean> {
    const changes = await source.changesSince(graph.revision);
    if (changes === 'gap') return false;
    for (const { revision, ops } of changes) graph.apply(revision, ops);
    return true;
  }

  async function admitWanted(entry: GraphEntry, graph: RbacGraph): Promise<void> {
    const batch = [...entry.wanted].slice(0, SUBJECTS_PER_READING);
    const read = await source.holdings(batch.map(([, subject]) => subject));
    // Steps up to the reading, then the subjects as of the reading: no step is missed and none is applied twice.
    const changes = read.revision > graph.revision ? await source.changesSince(graph.revision) : [];
    for (const [key] of batch) entry.wanted.delete(key);
    if (changes === 'gap') {
      entry.graph = undefined;
      return;
    }
    for (const { revision, ops } of changes) if (revision <= read.revision) graph.apply(revision, ops);
    graph.shrinkTo(Math.max(0, maxSubjects - read.subjects.length));
    for (const subject of read.subjects) graph.admit(subject);
    for (const { revision, ops } of changes) if (revision > read.revision) graph.apply(revision, ops);
  }

  return {
    ask(org, subjects, question, freshness = 'recent') {
      const entry = shelf.use(org.id);
      if (freshness === 'now') return ask(org, subjects, question, feed.renew());
      const moment = elapsedMs() - MAX_AGE_MS;
      if (entry?.graph && entry.graph.revision >= entry.required && feed.covers(moment)) {
        const answer = question(entry.graph);
        if (answer !== 'unknown') return answer;
      }
      return ask(org, subjects, question, feed.reach(moment));
    },
    committed({ orgId, revision, touched }) {
      if (touched.has('roles')) demand(orgId, revision);
    },
    uncertain: (orgId) => demand(orgId, Number.POSITIVE_INFINITY),
  };
}
