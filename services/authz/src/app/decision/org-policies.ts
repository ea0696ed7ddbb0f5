import { DomainError } from '@lumo/kit';
import { type Org, runInContext, systemContext } from '@lumo/tenancy';
import { PolicySet } from '../../core/abac/policy-set.js';
import type { DecisionSettings } from '../../core/decision/combination.js';
import type { AttributeDefinition, AttributeOwner, PolicySource, StoredAttributes } from '../../policy-ports.js';
import type { CommitListener } from '../../ports.js';
import type { Freshness } from '../org-graphs.js';
import { MAX_AGE_MS, type RevisionFeed } from '../revision-feed.js';
import { DecisionPace } from './decision-pace.js';
import { PolicyShelf } from './policy-shelf.js';

/** Policies of an org, compiled, with everything else that their answers rest on, as of one revision. */
export interface CurrentPolicies {
  /** Of the org: every engine of this process knows what was committed up to here, if it is asked after this answer. */
  readonly revision: number;
  readonly set: PolicySet;
  readonly definitions: readonly AttributeDefinition[];
  readonly settings: DecisionSettings;
  /** As they were asked for, and what is stored of each. */
  readonly owners: readonly AttributeOwner[];
  readonly stored: readonly StoredAttributes[];
}

/**
 * The policies of the organizations that are asked about, compiled and in memory, and the attributes that were read last.
 * Guarantees: like `OrgGraphs`; and policies and attributes of one answer are of one revision, never old attributes under
 * new policies. A question whose organization and attributes are here and current costs no statement.
 */
export interface OrgPolicies extends CommitListener {
  /** `owners`: whose attributes the answer depends on, given the policies. It may be called again with newer ones. */
  read(
    org: Org,
    owners: (set: PolicySet) => readonly AttributeOwner[],
    freshness?: Freshness,
  ): Promise<CurrentPolicies>;
  /** Time for decisions, shared fairly among organizations. */
  readonly pace: DecisionPace;
}

export interface OrgPoliciesOptions {
  readonly source: PolicySource;
  readonly feed: RevisionFeed;
  readonly elapsedMs?: () => number;
  /** Memory for all organizations together, as `PolicyShelf` counts it (32 MB). */
  readonly maxBytes?: number;
}

interface Loaded {
  readonly set: PolicySet;
  readonly definitions: readonly AttributeDefinition[];
  readonly settings: DecisionSettings;
  readonly version: number;
}

/** One organization's policies and what is known to be newer than them. */
export interface PolicyEntry {
  readonly org: Org;
  loaded?: Loaded;
  /** What is loaded, and each kept attribute with the same mark, is true at this revision. */
  at: number;
  /** The revision that a decision needs at least; infinite where only a fresh reading can tell. */
  required: number;
  /** Counts demands: a reading only answers those that were made before it began. */
  demands: number;
  /** The newest revision that the feed told every engine about. */
  announced: number;
  /** A revision that was seen committed, and when: once the feed covers that moment, every engine knows it. */
  witness: { readonly revision: number; readonly seenMs: number };
  readonly attributes: Map<string, { readonly at: number; readonly stored: StoredAttributes; readonly bytes: number }>;
  attributeBytes: number;
  /** The one reading in progress. */
  advancing?: Promise<void>;
}

const ATTEMPTS = 5;

export function createOrgPolicies(options: OrgPoliciesOptions): OrgPolicies {
  const { source, feed, elapsedMs = () => performance.now(), maxBytes = 32_000_000 } = options;
  const shelf = new PolicyShelf(maxBytes);
  const pace = new DecisionPace(elapsedMs);

  feed.follow({
    changed: ({ orgId, revision, policies }) => {
      const entry = shelf.find(orgId);
      if (entry) entry.announced = Math.max(entry.announced, revision);
      demand(orgId, policies);
    },
    lost: () => {
      for (const entry of shelf.entries()) {
        entry.attributes.clear();
        entry.attributeBytes = 0;
        entry.announced = 0;
        entry.witness = { revision: 0, seenMs: 0 };
        demand(entry.org.id, Number.POSITIVE_INFINITY);
      }
    },
  });

  function demand(orgId: string, revision: number): void {
    const entry = shelf.find(orgId);
    if (!entry || (entry.loaded && revision <= entry.at)) return;
    entry.required = Math.max(entry.required, revision);
    entry.demands++;
  }

  /** Resolves when the policies are as new as everything that was known when it was called. */
  async function bringUp(entry: PolicyEntry): Promise<Loaded> {
    const needed = entry.required;
    for (;;) {
      if (entry.loaded && entry.at >= Math.min(needed, entry.required)) return entry.loaded;
      entry.advancing ??= advance(entry).finally(() => {
        entry.advancing = undefined;
        shelf.weigh(entry);
      });
      await entry.advancing;
    }
  }

  /** One reading for everybody who waits; it belongs to no request, so that no request's deadline ends it for the others. */
  function advance(entry: PolicyEntry): Promise<void> {
    return runInContext(systemContext('authz', 'org-policies', entry.org), async () => {
      const { demands } = entry;
      const marks = entry.loaded && (await source.policyMarks());
      if (marks && marks.version === entry.loaded?.version) {
        // Only values changed: what is compiled stays, what was read of them is read again.
        entry.at = marks.at;
        witness(entry, marks.revision);
      } else {
        const { policies, definitions, settings, version, at, revision } = await source.loadPolicies();
        entry.loaded = { set: new PolicySet(policies, definitions), definitions, settings, version };
        entry.at = at;
        witness(entry, revision);
      }
      // Nothing newer was announced since the reading began, so what it found is the truth.
      if (entry.demands === demands) entry.required = Math.min(entry.required, entry.at);
    });
  }

  function witness(entry: PolicyEntry, revision: number): void {
    if (revision > entry.witness.revision) entry.witness = { revision, seenMs: elapsedMs() };
  }

  function revisionOf({ announced, witness: { revision, seenMs } }: PolicyEntry): number {
    return feed.covers(seenMs) ? Math.max(announced, revision) : announced;
  }

  /** The attributes of all owners at the revision of the policies; undefined where a newer one was found meanwhile. */
  async function attributesOf(
    entry: PolicyEntry,
    owners: readonly AttributeOwner[],
  ): Promise<readonly StoredAttributes[] | undefined> {
    const kept = keptAttributes(entry, owners);
    if (kept) return kept;
    const { version } = entry.loaded ?? {};
    const read = await runInContext(systemContext('authz', 'org-policies', entry.org), () =>
      source.readAttributes(owners),
    );
    if (read.at < entry.at) return undefined;
    if (read.at > entry.at) {
      if (read.version !== version || entry.loaded?.version !== version) {
        demand(entry.org.id, read.at);
        return undefined;
      }
      entry.at = read.at;
    }
    owners.forEach((owner, i) => {
      const stored = read.owners[i];
      if (stored) shelf.keep(entry, keyOf(owner), read.at, stored);
    });
    return read.owners;
  }

  return {
    pace,
    async read(org, owners, freshness = 'recent') {
      if (freshness === 'now') {
        const { revision } = await runInContext(systemContext('authz', 'org-policies', org), () =>
          source.policyMarks(),
        );
        witness(shelf.use(org), revision);
        await feed.renew();
      } else {
        const moment = elapsedMs() - MAX_AGE_MS;
        // Before anything is loaded: what is committed from here on is in the load or in a later reading of the feed.
        if (!feed.covers(moment)) await feed.reach(moment);
      }
      const entry = shelf.use(org);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const loaded = await bringUp(entry);
        const needed = owners(loaded.set);
        const stored = needed.length === 0 ? [] : await attributesOf(entry, needed);
        // Somebody else may have brought newer policies meanwhile: those attributes belong to them.
        if (stored && entry.loaded === loaded) {
          const { set, definitions, settings } = loaded;
          return { revision: revisionOf(entry), set, definitions, settings, owners: needed, stored };
        }
      }
      throw new DomainError(
        'unavailable',
        'temporarily_unavailable',
        'Policies change too fast to decide. Try again.',
        {
          retryAfterSeconds: 1,
        },
      );
    },
    committed({ orgId, revision, touched }) {
      if (touched.has('policies')) demand(orgId, revision);
    },
    uncertain: (orgId) => demand(orgId, Number.POSITIVE_INFINITY),
  };
}

function keptAttributes(
  entry: PolicyEntry,
  owners: readonly AttributeOwner[],
): readonly StoredAttributes[] | undefined {
  const found: StoredAttributes[] = [];
  for (const owner of owners) {
    const kept = entry.attributes.get(keyOf(owner));
    if (!kept || kept.at < entry.at) return undefined;
    found.push(kept.stored);
  }
  return found;
}

function keyOf({ kind, type, id }: AttributeOwner): string {
  return `${kind}\0${type}\0${id}`;
}
