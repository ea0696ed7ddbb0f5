import type { Subject, SubjectType } from '../subject.js';
import type { GraphOp } from './graph-change.js';
import type { GraphRows, Holding, PermissionFacts, RoleFacts, SubjectHolding } from './graph-rows.js';
import { PermissionSet } from './permission-set.js';
import { sharedText } from './shared-text.js';

/** A permission in a graph: its facts as of now, and the bit that stands for it. */
export interface PermissionNode {
  facts: PermissionFacts;
  readonly slot: number;
}

export interface RoleNode {
  facts: RoleFacts;
  readonly permissions: PermissionSet;
}

/** Subjects that hold the same share one node: an organization has few combinations of roles and many people. */
export interface HoldingNode {
  readonly key: string;
  readonly roles: readonly RoleNode[];
  readonly direct: readonly PermissionNode[];
  subjects: number;
  /** Union of roles and direct permissions, as of `epoch`. */
  effective: PermissionSet;
  everything: boolean;
  epoch: number;
}

/** What a graph says of a subject: what it holds, nothing, or that its rows were not loaded yet. */
export type Standing = HoldingNode | 'nothing' | 'unknown';

/**
 * Roles, permissions and who holds them, of one organization at one revision: the whole basis of its decisions.
 * It has no I/O and no clock; `apply` moves it forward one revision at a time.
 */
export class RbacGraph {
  #revision: number;
  /** Moves when a role or permission changed, so that unions are made again. */
  #epoch = 0;
  readonly #permissions = new Map<string, PermissionNode>();
  readonly #permissionsById = new Map<number, PermissionNode>();
  readonly #roles = new Map<string, RoleNode>();
  readonly #holdings = new Map<string, HoldingNode>();
  readonly #subjects: Readonly<Record<SubjectType, Map<string, HoldingNode | null>>>;
  readonly #freeSlots: number[] = [];
  #slots = 0;

  /** Whether every subject that holds something is in the graph. Otherwise they arrive by `admit`. */
  readonly complete: boolean;

  constructor(rows: GraphRows) {
    this.#revision = rows.revision;
    this.complete = rows.subjects !== undefined;
    this.#subjects = { user: new Map(), agent: new Map(), client: new Map() };
    for (const facts of rows.permissions) this.#putPermission(facts);
    for (const { permissionIds, ...facts } of rows.roles) {
      this.#putRole(facts);
      this.#changeRole(facts.id, permissionIds, []);
    }
    for (const subject of rows.subjects ?? []) this.#put(subject, this.#holdingOf(subject));
  }

  get revision(): number {
    return this.#revision;
  }

  get permissionCount(): number {
    return this.#permissions.size;
  }

  get subjectCount(): number {
    return this.#subjects.user.size + this.#subjects.agent.size + this.#subjects.client.size;
  }

  /** An estimate of the memory it keeps, from measured sizes of its parts. */
  get byteSize(): number {
    const bits = (this.#roles.size + this.#holdings.size) * (this.#slots >>> 2);
    return (
      1_000 +
      this.#permissionsById.size * 240 +
      this.#roles.size * 280 +
      this.#holdings.size * 400 +
      this.subjectCount * 105 +
      bits
    );
  }

  permission(slug: string): PermissionNode | undefined {
    return this.#permissions.get(slug);
  }

  permissions(): Iterable<PermissionNode> {
    return this.#permissions.values();
  }

  standing(subject: Subject): Standing {
    const known = this.#subjects[subject.type].get(subject.id);
    if (known) return known;
    return known === null || this.complete ? 'nothing' : 'unknown';
  }

  /** Whether the subject holds the permission through a role or directly. An unknown slug is held by nobody. */
  holds(standing: HoldingNode, slug: string): boolean {
    const permission = this.#permissions.get(slug);
    if (!permission) return false;
    this.#refresh(standing);
    return standing.everything || standing.effective.has(permission.slot);
  }

  /** Moves on to a later revision; those in between belong to other engines. Whoever reads the steps knows that none is missing. */
  apply(revision: number, ops: readonly GraphOp[]): void {
    if (revision <= this.#revision) throw new RangeError(`revision ${revision} after ${this.#revision}`);
    for (const op of ops) this.#applyOne(op);
    this.#revision = revision;
  }

  /** Adds what a subject holds at the graph's revision; for graphs that are not complete. */
  admit(subject: SubjectHolding): void {
    this.#put(subject, this.#holdingOf(subject));
  }

  /** Lets go of the subjects that were admitted first until at most `count` are left; for graphs that are not complete. */
  shrinkTo(count: number): void {
    for (const type of ['client', 'agent', 'user'] as const) {
      for (const id of this.#subjects[type].keys()) {
        if (this.subjectCount <= count) return;
        this.#put({ type, id }, undefined);
      }
    }
  }

  #applyOne(op: GraphOp): void {
    switch (op.op) {
      case 'permission':
        this.#putPermission(op.permission);
        break;
      case 'permission-gone':
        this.#removePermission(op.id);
        break;
      case 'role':
        this.#putRole(op.role);
        break;
      case 'role-gone':
        this.#removeRole(op.id);
        break;
      case 'role-permissions':
        this.#changeRole(op.role, op.add, op.remove);
        break;
      case 'subject-roles':
        this.#changeSubject(op.subject, ({ roleIds, permissionIds }) => ({
          roleIds: changed(roleIds, op.add, op.remove),
          permissionIds,
        }));
        break;
      case 'subject-permissions':
        this.#changeSubject(op.subject, ({ roleIds, permissionIds }) => ({
          roleIds,
          permissionIds: changed(permissionIds, op.add, op.remove),
        }));
        break;
      case 'subject-gone':
        this.#changeSubject(op.subject, () => ({ roleIds: [], permissionIds: [] }));
        break;
    }
  }

  #putPermission(facts: PermissionFacts): void {
    const known = this.#permissionsById.get(facts.id);
    if (known && this.#permissions.get(known.facts.slug) === known) this.#permissions.delete(known.facts.slug);
    const node = known ?? { facts, slot: this.#freeSlots.pop() ?? this.#slots++ };
    const { id, slug, name, description } = facts;
    node.facts = {
      id,
      slug: sharedText(slug),
      name: sharedText(name),
      description: description === null ? null : sharedText(description),
    };
    this.#permissions.set(node.facts.slug, node);
    this.#permissionsById.set(facts.id, node);
  }

  #removePermission(id: number): void {
    const node = this.#permissionsById.get(id);
    if (!node) return;
    for (const role of this.#roles.values()) role.permissions.delete(node.slot);
    this.#permissionsById.delete(id);
    this.#permissions.delete(node.facts.slug);
    this.#rebuildHoldings();
    this.#freeSlots.push(node.slot);
  }

  #putRole(facts: RoleFacts): void {
    const { id, slug, name, everything } = facts;
    const compact = { id, slug: sharedText(slug), name: sharedText(name), everything };
    const known = this.#roles.get(id);
    if (known) known.facts = compact;
    else this.#roles.set(id, { facts: compact, permissions: new PermissionSet() });
    this.#epoch++;
  }

  #removeRole(id: string): void {
    if (this.#roles.delete(id)) this.#rebuildHoldings();
  }

  #changeRole(id: string, add: readonly number[], remove: readonly number[]): void {
    const role = this.#roles.get(id);
    if (!role) return;
    for (const permission of add) {
      const node = this.#permissionsById.get(permission);
      if (node) role.permissions.add(node.slot);
    }
    for (const permission of remove) {
      const node = this.#permissionsById.get(permission);
      if (node) role.permissions.delete(node.slot);
    }
    this.#epoch++;
  }

  #changeSubject(subject: Subject, change: (holding: Holding) => Holding): void {
    const standing = this.standing(subject);
    // Rows of a subject that is not loaded are read later, at a revision that has this change.
    if (standing === 'unknown') return;
    this.#put(subject, this.#holdingOf(change(standing === 'nothing' ? NOTHING : idsOf(standing))));
  }

  /** `undefined` forgets the subject; a holding of nothing is remembered only where absence would mean "not loaded". */
  #put({ type, id }: Subject, holding: HoldingNode | null | undefined): void {
    const subjects = this.#subjects[type];
    if (holding) holding.subjects++;
    const old = subjects.get(id);
    if (holding === undefined || (holding === null && this.complete)) subjects.delete(id);
    else subjects.set(id, holding);
    if (old && --old.subjects === 0) this.#holdings.delete(old.key);
  }

  #holdingOf({ roleIds, permissionIds }: Holding): HoldingNode | null {
    const roles = nodes(roleIds.toSorted(), this.#roles);
    const direct = nodes(
      permissionIds.toSorted((a, b) => a - b),
      this.#permissionsById,
    );
    if (roles.length + direct.length === 0) return null;
    const key = `${roles.map((role) => role.facts.id).join()};${direct.map((node) => node.facts.id).join()}`;
    let holding = this.#holdings.get(key);
    if (!holding) {
      holding = { key, roles, direct, subjects: 0, effective: NO_PERMISSIONS, everything: false, epoch: -1 };
      this.#holdings.set(key, holding);
    }
    return holding;
  }

  /** A role or permission is gone: holdings no longer name it, and those that became equal become one. */
  #rebuildHoldings(): void {
    this.#epoch++;
    const replaced = new Map<HoldingNode, HoldingNode | null>();
    const old = [...this.#holdings.values()];
    this.#holdings.clear();
    for (const holding of old) replaced.set(holding, this.#holdingOf(idsOf(holding)));
    for (const type of ['user', 'agent', 'client'] as const) {
      const subjects = this.#subjects[type];
      for (const [id, holding] of subjects) {
        if (!holding) continue;
        const now = replaced.get(holding) ?? null;
        if (now) now.subjects++;
        if (now === null && this.complete) subjects.delete(id);
        else subjects.set(id, now);
      }
    }
    for (const holding of this.#holdings.values()) if (holding.subjects === 0) this.#holdings.delete(holding.key);
  }

  #refresh(holding: HoldingNode): void {
    if (holding.epoch === this.#epoch) return;
    const effective = new PermissionSet();
    holding.everything = false;
    for (const role of holding.roles) {
      if (role.facts.everything) holding.everything = true;
      effective.addAll(role.permissions);
    }
    for (const permission of holding.direct) effective.add(permission.slot);
    holding.effective = effective;
    holding.epoch = this.#epoch;
  }
}

const NOTHING: Holding = { roleIds: [], permissionIds: [] };
const NO_PERMISSIONS = new PermissionSet();

function idsOf(holding: HoldingNode): Holding {
  return {
    roleIds: holding.roles.map((role) => role.facts.id),
    permissionIds: holding.direct.map((node) => node.facts.id),
  };
}

function changed<T>(held: readonly T[], add: readonly T[], remove: readonly T[]): readonly T[] {
  const result = new Set(held);
  for (const item of remove) result.delete(item);
  for (const item of add) result.add(item);
  return [...result];
}

function nodes<K, N>(keys: readonly K[], from: ReadonlyMap<K, N>): readonly N[] {
  const found: N[] = [];
  for (const key of new Set(keys)) {
    const node = from.get(key);
    if (node) found.push(node);
  }
  return found;
}
