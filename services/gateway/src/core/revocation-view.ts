/** One thing that stopped being valid, as the identity service lists it. */
export interface Revocation {
  readonly orgId: string;
  readonly what:
    | { readonly kind: 'token'; readonly id: string }
    | { readonly kind: 'subject'; readonly id: string }
    | { readonly kind: 'client'; readonly id: string }
    | { readonly kind: 'grant'; readonly id: string };
  /** Subject and client: tokens issued before it (epoch seconds) are dead. */
  readonly notBeforeSeconds: number;
  /** Epoch seconds after which the entry can be forgotten, because everything it names has expired. */
  readonly expiresAtSeconds: number;
}

/** By which names a credential can be revoked. */
export interface Revocable {
  readonly orgId: string;
  readonly tokenId?: string;
  readonly subjects: readonly string[];
  readonly clientId?: string;
  readonly grantId?: string;
  /** Of a delegated token: the client that the user signed in to. */
  readonly originClientId?: string;
  readonly issuedAtSeconds: number;
}

/** What is revoked now, in memory, so that asking costs a few lookups. */
export interface RevocationView {
  apply(revocations: readonly Revocation[], nowSeconds: number): void;
  isRevoked(credential: Revocable): boolean;
  /** Entries held. */
  readonly size: number;
}

interface Moment {
  readonly notBeforeSeconds: number;
  readonly expiresAtSeconds: number;
}

interface OrgRevocations {
  readonly entries: Map<string, Moment>;
  /** Everything issued before it is dead: what remains of an org whose entries were too many to keep. */
  before: Moment;
}

const EVERYTHING = Number.POSITIVE_INFINITY;
const NEVER: Moment = { notBeforeSeconds: 0, expiresAtSeconds: 0 };
/** At least as long as any token lives: how long a collapsed org stays collapsed. */
const COLLAPSED_SECONDS = 31 * 24 * 3600;
const PRUNE_EVERY_SECONDS = 60;

/**
 * A bounded view. When more than `maxEntries` are alive, the org with the most is collapsed to one moment: all its tokens
 * issued before now are refused and its callers get new ones. Forgetting an entry would make a revoked token work again.
 */
export function createRevocationView(maxEntries: number): RevocationView {
  const orgs = new Map<string, OrgRevocations>();
  let size = 0;
  let prunedAt = 0;

  const prune = (now: number): void => {
    prunedAt = now;
    for (const [orgId, org] of orgs) {
      for (const [key, moment] of org.entries) {
        if (moment.expiresAtSeconds > now) continue;
        org.entries.delete(key);
        size -= 1;
      }
      if (org.entries.size === 0 && org.before.expiresAtSeconds <= now) orgs.delete(orgId);
    }
  };

  const collapseLargest = (now: number): void => {
    let largest: OrgRevocations | undefined;
    for (const org of orgs.values()) if (!largest || org.entries.size > largest.entries.size) largest = org;
    if (!largest) return;
    size -= largest.entries.size;
    largest.entries.clear();
    largest.before = { notBeforeSeconds: now, expiresAtSeconds: now + COLLAPSED_SECONDS };
  };

  const add = (revocation: Revocation): void => {
    const { orgId, what, expiresAtSeconds } = revocation;
    const org = orgs.get(orgId) ?? { entries: new Map<string, Moment>(), before: NEVER };
    orgs.set(orgId, org);
    const key = `${what.kind}:${what.id}`;
    const known = org.entries.get(key);
    if (!known) size += 1;
    const whole = what.kind === 'token' || what.kind === 'grant';
    const notBeforeSeconds = whole ? EVERYTHING : revocation.notBeforeSeconds;
    // An older entry that is delivered again must not shorten a newer one.
    org.entries.set(key, {
      notBeforeSeconds: Math.max(notBeforeSeconds, known?.notBeforeSeconds ?? 0),
      expiresAtSeconds: Math.max(expiresAtSeconds, known?.expiresAtSeconds ?? 0),
    });
  };

  return {
    apply(revocations, nowSeconds) {
      for (const revocation of revocations) if (revocation.expiresAtSeconds > nowSeconds) add(revocation);
      if (nowSeconds - prunedAt >= PRUNE_EVERY_SECONDS || size > maxEntries) prune(nowSeconds);
      while (size > maxEntries) collapseLargest(nowSeconds);
    },
    isRevoked(credential) {
      const org = orgs.get(credential.orgId);
      if (!org) return false;
      const issued = credential.issuedAtSeconds;
      if (issued < org.before.notBeforeSeconds) return true;
      const names = (kind: string, id: string | undefined): boolean =>
        id !== undefined && issued < (org.entries.get(`${kind}:${id}`)?.notBeforeSeconds ?? 0);
      return (
        names('token', credential.tokenId) ||
        names('grant', credential.grantId) ||
        names('client', credential.clientId) ||
        names('client', credential.originClientId) ||
        credential.subjects.some((subject) => names('subject', subject))
      );
    },
    get size() {
      return size;
    },
  };
}
