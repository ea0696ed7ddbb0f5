import { ROWS } from '../core/rbac/graph.fixture.js';
import type { GraphChange } from '../core/rbac/graph-change.js';
import type { SubjectHolding } from '../core/rbac/graph-rows.js';
import type { Subject } from '../core/subject.js';
import type { FeedReading, FeedSource, GraphSource } from '../ports.js';

/** A promise that a test opens. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}

/**
 * A database of one organization in memory: who has which role, at revisions. Every method reads its snapshot when it is
 * called and answers when the test lets it, so that a test can put a change between the two.
 */
export class FakeGraphSource implements GraphSource, FeedSource {
  readonly calls = { load: 0, changesSince: 0, holdings: 0, readFeed: 0 };
  /** Answers of a method wait for this. */
  readonly held: Partial<Record<keyof (GraphSource & FeedSource), Promise<void>>> = {};
  /** Methods that reject. */
  readonly broken = new Set<keyof (GraphSource & FeedSource)>();
  #revision = ROWS.revision;
  #subjects = new Map<string, Set<string>>();
  #changes: GraphChange[] = [];
  #feed = 100n;
  #moved: { readonly at: bigint; readonly revision: number }[] = [];

  constructor(readonly orgId: string) {
    for (const { type, id, roleIds } of ROWS.subjects ?? []) this.#subjects.set(`${type}:${id}`, new Set(roleIds));
  }

  /** Commits a change and returns its revision. */
  setRoles(subject: Subject, roleIds: readonly string[]): number {
    const key = `${subject.type}:${subject.id}`;
    const before = this.#subjects.get(key) ?? new Set();
    this.#subjects.set(key, new Set(roleIds));
    this.#revision++;
    this.#feed++;
    this.#moved.push({ at: this.#feed, revision: this.#revision });
    const remove = [...before].filter((id) => !roleIds.includes(id));
    this.#changes.push({
      revision: this.#revision,
      ops: [{ op: 'subject-roles', subject, add: roleIds, remove }],
    });
    return this.#revision;
  }

  /** Forgets the steps before now, as after many changes. */
  prune(): void {
    this.#changes = [];
  }

  /** Goes back to the beginning, as after a restore. */
  restore(): void {
    this.#feed = 50n;
    this.#moved = [];
    this.#revision = ROWS.revision;
    this.#changes = [];
  }

  load(maxSubjects: number) {
    const everybody = this.#holdings([...this.#subjects.keys()]);
    const subjects = everybody.length <= maxSubjects ? everybody : undefined;
    return this.#answer('load', { ...ROWS, revision: this.#revision, subjects });
  }

  changesSince(revision: number) {
    const changes = this.#changes.filter((change) => change.revision > revision);
    const isGap = this.#revision > revision && changes[0]?.revision !== revision + 1;
    return this.#answer('changesSince', isGap ? ('gap' as const) : changes);
  }

  holdings(subjects: readonly Subject[]) {
    const keys = subjects.map(({ type, id }) => `${type}:${id}`);
    return this.#answer('holdings', { revision: this.#revision, subjects: this.#holdings(keys) });
  }

  readFeed(after?: string): Promise<FeedReading> {
    const since = after === undefined ? undefined : BigInt(after);
    const changed = this.#moved
      .filter(({ at }) => since !== undefined && at >= since)
      .map(({ revision }) => ({ orgId: this.orgId, revision, roles: revision, relations: 0, policies: 0 }));
    return this.#answer('readFeed', { position: String(this.#feed), changed });
  }

  #holdings(keys: readonly string[]): readonly SubjectHolding[] {
    return keys.map((key) => {
      const [type, id] = key.split(/:(.*)/s) as [Subject['type'], string];
      return { type, id, roleIds: [...(this.#subjects.get(key) ?? [])], permissionIds: [] };
    });
  }

  async #answer<T>(method: keyof (GraphSource & FeedSource), value: T): Promise<T> {
    this.calls[method]++;
    await this.held[method];
    if (this.broken.has(method)) throw new Error(`${method} failed`);
    return value;
  }
}
