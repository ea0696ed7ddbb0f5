import { DomainError } from '@lumo/kit';
import type { Org } from '@lumo/tenancy';
import type { Sliced } from '../../core/rebac/relation-engine.js';
import type { Commit } from '../../ports.js';
import type { RelationLoader, RelationStore, SnapshotFiles } from '../../relation-ports.js';
import { MAX_AGE_MS, type RevisionFeed } from '../revision-feed.js';
import type { AskTarget, RelationGraphs, Standpoint } from './ask.js';
import { createBells } from './bells.js';
import type { Consistency, Standard } from './consistency.js';
import { type ConsistencyTokens, refused } from './consistency-tokens.js';
import type { HeldStore } from './held-store.js';
import type { KnownEpoch } from './known-epoch.js';
import type { Models } from './models.js';
import { OrgAllowance } from './org-allowance.js';
import { createSnapshots, NO_SNAPSHOTS } from './snapshots.js';
import { createStandpoints, type OpenStandpoint } from './standpoints.js';
import { storeIdOf } from './store-id.js';
import { createStoreLoading } from './store-loading.js';
import { StoreShelf } from './store-shelf.js';

export interface RelationGraphsOptions {
  readonly records: RelationStore;
  readonly loader: RelationLoader;
  readonly epoch: KnownEpoch;
  readonly feed: RevisionFeed;
  readonly tokens: ConsistencyTokens;
  readonly models: Models;
  /** Absent: there is nowhere to keep snapshots. */
  readonly files?: SnapshotFiles;
  /** Memory for all stores together. */
  readonly maxBytes: number;
  /** Resolves after this many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<unknown>;
  readonly elapsedMs?: () => number;
}

const ATTEMPTS = 8;
/** One store at most is written to a file in this time. */
const KEEP_EVERY_MS = 10_000;

export function createRelationGraphs(options: RelationGraphsOptions): RelationGraphs {
  const { records, feed, epoch, tokens, models, files, maxBytes, wait } = options;
  const { elapsedMs = () => performance.now() } = options;
  const allowance = new OrgAllowance(elapsedMs);
  const bells = createBells({ feed, wait, elapsedMs });
  const snapshots = files ? createSnapshots({ files, epoch: () => epoch.current(), elapsedMs }) : NO_SNAPSHOTS;
  const shelf = new StoreShelf({ maxBytes, elapsedMs, leaving: (held) => snapshots.leaving(held) });
  const loading = createStoreLoading({ ...options, snapshots, elapsedMs });
  const standpoints = createStandpoints({ models, records, tokens });
  const keeping = setInterval(() => void snapshots.keepOne(shelf.all()), KEEP_EVERY_MS).unref();

  feed.follow({
    changed({ orgId, revision, relations }) {
      for (const held of shelf.ofOrg(orgId)) {
        held.demand(relations, feed.coveredUntilMs);
        // Whatever else moved the organization, it was not this store.
        if (held.revision >= relations && held.revision < revision && !held.turns.isTaken) {
          held.content?.engine.advance(revision);
        }
      }
      bells.ring(orgId, relations);
    },
    lost() {
      epoch.lost();
      bells.lost();
      for (const held of shelf.all()) {
        held.drop();
        held.demand(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
      }
    },
  });

  /** Whether what is in memory includes everything that was committed a second ago. */
  function isRecent(held: HeldStore): boolean {
    const moment = elapsedMs() - MAX_AGE_MS;
    if (!feed.covers(moment)) return false;
    // A change that waits for a question to end: what was true before it is still recent.
    return held.revision >= held.required || (held.turns.isTaken && held.currentUntilMs >= moment);
  }

  async function standardOf(org: Org, consistency: Consistency = 'minimize_latency'): Promise<Standard> {
    if (consistency === 'minimize_latency') return RECENT;
    if (consistency === 'fully_consistent') return { mode: 'now' };
    return 'at_exact_snapshot' in consistency
      ? { mode: 'exact', revision: await revisionOf(org, consistency.at_exact_snapshot) }
      : { mode: 'at_least', revision: await revisionOf(org, consistency.at_least_as_fresh) };
  }

  async function revisionOf(org: Org, token: string): Promise<number> {
    return tokens.open(token, org.id, await epoch.current());
  }

  /** Brings a store to everything that was demanded until now, and to the revision that a token names. */
  async function settle(held: HeldStore, standard: Standard): Promise<void> {
    // Changes that come after the question need not be waited for, else steady writers could keep readers out.
    const needed = held.required;
    const named = 'revision' in standard ? standard.revision : 0;
    for (let sinceBefore = held.advancing; ; ) {
      if (held.content && held.revision >= Math.max(Math.min(needed, held.required), named)) return;
      const joined = held.advancing;
      held.advancing ??= loading.advance(held).finally(() => {
        held.advancing = undefined;
        shelf.weigh(held);
      });
      await held.advancing;
      // One that began before the question may have missed what the token names; one that began after it has seen all.
      if (held.revision < named && (joined === undefined || joined !== sinceBefore)) {
        throw refused('unknown_revision', 'The database does not know the state of this consistency token.');
      }
      sinceBefore = undefined;
    }
  }

  async function later<T>(
    org: Org,
    target: AskTarget,
    finish: (held: HeldStore, standard: Standard, known: string) => Finished<T> | Promise<Finished<T>>,
  ): Promise<T> {
    const askedMs = elapsedMs();
    const storeId = storeIdOf(org, target.store);
    const standard = await standardOf(org, target.consistency);
    // Before anything is loaded: what is committed from here on is either in the load or in a later reading of the feed.
    await (standard.mode === 'now' ? feed.renew() : feed.reach(askedMs - MAX_AGE_MS));
    const known = await epoch.current();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const held = shelf.useOrAdd(org, storeId);
      await settle(held, standard);
      const finished = await finish(held, standard, known);
      if (finished) return finished.value;
      await standpoints.prepare(held, target, standard);
    }
    throw new DomainError('unavailable', 'temporarily_unavailable', 'Relations change too fast to decide. Try again.', {
      retryAfterSeconds: 1,
    });
  }

  function answer<T>(org: Org, at: OpenStandpoint, question: (at: Standpoint) => T): T {
    const startedMs = performance.now();
    try {
      return question(at);
    } finally {
      allowance.spend(org.id, performance.now() - startedMs);
    }
  }

  async function answerInSlices<T>(org: Org, at: OpenStandpoint, question: (at: Standpoint) => Sliced<T>): Promise<T> {
    const slices = question(at);
    for (;;) {
      const startedMs = performance.now();
      at.resume();
      const slice = slices.next();
      at.pause();
      allowance.spend(org.id, performance.now() - startedMs);
      if (slice.done) return slice.value;
      const waitMs = allowance.waitMs(org.id);
      await (waitMs > 0 ? wait(waitMs) : new Promise(setImmediate));
    }
  }

  /** Changes of this process and of others: applied at once where they follow directly, demanded in any case. */
  function committed({ orgId, revision, touched, relations }: Commit): void {
    if (!touched.has('relations')) return;
    for (const held of shelf.ofOrg(orgId)) {
      const change = relations.find(({ store }) => store === held.content?.number);
      if (change) held.hear(change);
      // Who is not told what changed has to ask.
      if (change || relations.length === 0 || !held.content) held.demand(revision, feed.coveredUntilMs);
      shelf.weigh(held);
    }
    bells.ring(orgId, revision);
  }

  return {
    ask(org, target, question) {
      allowance.require(org.id);
      if ((target.consistency ?? 'minimize_latency') === 'minimize_latency' && epoch.known !== undefined) {
        const held = shelf.use(org, storeIdOf(org, target.store));
        const at = held && isRecent(held) ? standpoints.find(held, target, RECENT, epoch.known) : undefined;
        if (at) return answer(org, at, question);
      }
      return later(org, target, (held, standard, known) => {
        const at = standpoints.find(held, target, standard, known);
        return at && { value: answer(org, at, question) };
      });
    },
    askSliced(org, target, question) {
      return later(org, target, (held, standard, known) =>
        held.turns.question(async () => {
          const at = standpoints.find(held, target, standard, known);
          return at && { value: await answerInSlices(org, at, question) };
        }),
      );
    },
    tokenAt: async ({ id }, revision) => tokens.mint(id, await epoch.current(), revision),
    revisionOf,
    listen: ({ id }) => bells.listen(id),
    committed,
    uncertain(orgId) {
      for (const held of shelf.ofOrg(orgId)) held.demand(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    },
    close() {
      clearInterval(keeping);
      return snapshots.close(shelf.all());
    },
  };
}

type Finished<T> = { readonly value: T } | undefined;

const RECENT: Standard = { mode: 'recent' };
