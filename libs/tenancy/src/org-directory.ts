import { type Clock, isUuid, newId, systemClock } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import { currentContext, type Org, runInContext, systemContext } from './context.js';
import { isOrgSlug } from './org-slug.js';

/** Where orgs come from: a table, or the service that owns it. */
export interface OrgLoader<O extends Org = Org> {
  /** Undefined where there is no such org (or it is deleted). */
  bySlug(slug: string): Promise<O | undefined>;
  byId(id: string): Promise<O | undefined>;
}

export interface OrgDirectoryOptions<O extends Org = Org> {
  /** Runs without an org and without the caller's deadline: its answer serves every caller who waits for it. */
  readonly loader: OrgLoader<O>;
  readonly clock?: Clock;
  /** Orgs that are remembered at once, however many there are. */
  readonly maxEntries?: number;
  /** How long a change of an org may stay unseen. */
  readonly freshSeconds?: number;
  /** How long an org is still served while the loader fails: its owner being down must not stop everyone else. */
  readonly staleSeconds?: number;
  /** How long "there is no such org" is remembered: a burst of guesses costs one load each. */
  readonly missSeconds?: number;
}

/**
 * Finds the org that a URL or a credential names.
 * Guarantees: bounded memory; parallel lookups of one org cost one load; an error is never remembered; unknown names
 * cannot push known orgs out.
 */
export interface OrgDirectory<O extends Org = Org> {
  /** `reference`: slug or UUID, as it stands in the URL. Undefined where no org has it. */
  resolve(reference: string): Promise<O | undefined>;
  /** After a change that must be seen here at once. */
  forget(org: Org): void;
}

interface Entry<O> {
  readonly org: O;
  readonly loadedMs: number;
}

export function createOrgDirectory<O extends Org = Org>(options: OrgDirectoryOptions<O>): OrgDirectory<O> {
  const { loader, clock = systemClock, maxEntries = 5_000 } = options;
  const freshMs = (options.freshSeconds ?? 30) * 1000;
  const staleMs = Math.max(freshMs, (options.staleSeconds ?? 300) * 1000);
  const missMs = (options.missSeconds ?? 2) * 1000;
  // Two references lead to an org, so two entries each. Misses have a cache of their own.
  const known = new LRUCache<string, Entry<O>>({ max: maxEntries * 2 });
  const missing = new LRUCache<string, number>({ max: 1_000 });
  const loading = new Map<string, Promise<O | undefined>>();
  /** Grows with every `forget`: a load that began before it may hold what was true before the change. */
  let generation = 0;

  async function load(reference: string): Promise<O | undefined> {
    const began = generation;
    const context = systemContext('tenancy', currentContext()?.requestId ?? newId('event'));
    const org = await runInContext(context, () =>
      isUuid(reference) ? loader.byId(reference) : loader.bySlug(reference),
    );
    if (began !== generation) return org;
    if (org) {
      const entry = { org, loadedMs: clock.now() };
      known.set(org.id, entry);
      known.set(org.slug, entry);
    } else {
      known.delete(reference);
      missing.set(reference, clock.now());
    }
    return org;
  }

  function loadOnce(reference: string): Promise<O | undefined> {
    const running = loading.get(reference);
    if (running) return running;
    const started = load(reference).finally(() => {
      if (loading.get(reference) === started) loading.delete(reference);
    });
    loading.set(reference, started);
    return started;
  }

  return {
    async resolve(text) {
      const reference = isUuid(text) ? text.toLowerCase() : text;
      if (!isUuid(reference) && !isOrgSlug(reference)) return undefined;
      const now = clock.now();
      const entry = known.get(reference);
      if (entry && now - entry.loadedMs < freshMs) return entry.org;
      const missedMs = missing.get(reference);
      if (missedMs !== undefined && now - missedMs < missMs) return undefined;
      try {
        return await loadOnce(reference);
      } catch (error) {
        if (entry && now - entry.loadedMs < staleMs) return entry.org;
        throw error;
      }
    },
    forget(org) {
      generation++;
      for (const reference of [org.id, org.slug]) {
        known.delete(reference);
        missing.delete(reference);
        loading.delete(reference);
      }
    },
  };
}
