import { createChangeNews, type NewsChannel } from './app/change-news.js';
import { createOrgPolicies, type OrgPolicies } from './app/decision/org-policies.js';
import { createOrgGraphs, type OrgGraphs } from './app/org-graphs.js';
import { createConsistencyTokens } from './app/relations/consistency-tokens.js';
import { createKnownEpoch } from './app/relations/known-epoch.js';
import { createModels } from './app/relations/models.js';
import { createPageCursors } from './app/relations/page-cursors.js';
import { createRelationGraphs } from './app/relations/relation-graphs.js';
import type { RelationParts } from './app/relations/relation-parts.js';
import { createTextSealer } from './app/relations/sealed-text.js';
import { createRevisionFeed } from './app/revision-feed.js';
import type { PolicySource } from './policy-ports.js';
import type { Commit, CommitListener } from './ports.js';
import type { SnapshotFiles } from './relation-ports.js';
import { createEpochStore } from './store/epoch-store.js';
import { createFeedStore } from './store/feed-store.js';
import { createGraphStore } from './store/graph-store.js';
import type { Executor } from './store/paging.js';
import { createPolicySource } from './store/policy-source.js';
import { createRelationLoader } from './store/relation-loader.js';
import { createRelationStore } from './store/relation-store.js';

export interface EngineOptions {
  readonly db: Executor;
  /** Seal what callers give back, the first of them; the others open what was sealed before. 32 bytes each. */
  readonly sealingKeys: readonly Uint8Array[];
  /** Memory for relation tuples, in bytes. */
  readonly relationBytes: number;
  /** How long changes of relations are kept. */
  readonly keptChangesMs: number;
  /** Where relation tuples are kept for a quick start. */
  readonly snapshots?: SnapshotFiles;
  /** Absent: other processes find out by the feed of revisions. */
  readonly news?: NewsChannel;
  readonly wait: (milliseconds: number) => Promise<unknown>;
  readonly elapsedMs?: () => number;
}

export interface Engines {
  readonly graphs: OrgGraphs;
  readonly relations: RelationParts;
  readonly policies: OrgPolicies;
  readonly policySource: PolicySource;
  /** Hears of every commit of this process. */
  readonly listener: CommitListener;
}

/** Everything of this process that answers from memory. All of it follows one feed of revisions. */
export function openEngines(options: EngineOptions): Engines {
  const { db, sealingKeys, relationBytes, keptChangesMs, snapshots, news, wait } = options;
  const { elapsedMs = () => performance.now() } = options;
  const source = { ...createGraphStore(db), ...createFeedStore(db) };
  const feed = createRevisionFeed({ source, elapsedMs });
  const graphs = createOrgGraphs({ source, feed, elapsedMs });
  const epoch = createKnownEpoch(createEpochStore(db));
  const sealer = createTextSealer(sealingKeys);
  const records = createRelationStore(db);
  const models = createModels();
  const relationGraphs = createRelationGraphs({
    records,
    loader: createRelationLoader(db),
    epoch,
    feed,
    tokens: createConsistencyTokens(sealer),
    models,
    ...(snapshots && { files: snapshots }),
    maxBytes: relationBytes,
    wait,
    elapsedMs,
  });
  const policySource = createPolicySource(db);
  const policies = createOrgPolicies({ source: policySource, feed, elapsedMs });
  const engines: readonly CommitListener[] = [graphs, relationGraphs, policies];
  const here = {
    committed(commit: Commit) {
      for (const engine of engines) engine.committed(commit);
    },
  };
  const others = news && createChangeNews({ channel: news, epoch: () => epoch.known, listener: here });
  return {
    graphs,
    relations: { records, graphs: relationGraphs, models, cursors: createPageCursors(sealer), keptChangesMs },
    policies,
    policySource,
    listener: {
      committed(commit) {
        here.committed(commit);
        others?.committed(commit);
      },
      uncertain(orgId) {
        for (const engine of engines) engine.uncertain(orgId);
      },
    },
  };
}
