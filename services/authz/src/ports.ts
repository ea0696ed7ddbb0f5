import type { NewEvent } from '@lumo/messaging';
import type { Transaction } from 'kysely';
import type { AssertionStore } from './assertion-ports.js';
import type { AttributeBag } from './core/abac/attribute-value.js';
import type { GraphChange, GraphOp } from './core/rbac/graph-change.js';
import type { GraphRows, SubjectHolding } from './core/rbac/graph-rows.js';
import type { TupleKey } from './core/rebac/tuple.js';
import type { Subject, SubjectType } from './core/subject.js';
import type { PolicyStore } from './policy-ports.js';
import type { IdempotencyStore, RelationStore, StoreChange } from './relation-ports.js';
import type { AuthzTables } from './store/tables.js';

/** One page of a list, cut in SQL. `total` counts every match, not only the page. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** What every list accepts; `page` counts from 1. An unknown `sortBy` is the default order. */
export interface PageQuery {
  readonly page: number;
  readonly limit: number;
  /** Matched anywhere in the text columns, without case. */
  readonly search?: string;
  readonly sortBy?: string;
  readonly sortDir?: 'ASC' | 'DESC';
}

export interface Permission {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly resource: string | null;
  readonly action: string | null;
  readonly category: string | null;
  readonly isSystem: boolean;
  readonly createdAt: Date;
}

/** A slug, or the integer id. */
export type PermissionReference = string | number;

export type NewPermission = Omit<Permission, 'id' | 'createdAt'>;
export type PermissionChange = Partial<Omit<NewPermission, 'isSystem'>>;

export interface PermissionQuery extends PageQuery {
  readonly category?: string;
  readonly isSystem?: boolean;
}

/** Permissions of the org in context. */
export interface PermissionStore {
  list(query: PermissionQuery): Promise<Page<Permission>>;
  /** By id (text of digits) or slug; an id wins. */
  byReference(reference: string): Promise<Permission | undefined>;
  /** By slug (text) or id (number); what names nothing is absent from the answer. */
  find(references: readonly PermissionReference[]): Promise<readonly Permission[]>;
  count(): Promise<number>;
  insert(permission: NewPermission): Promise<Permission>;
  update(id: number, change: PermissionChange): Promise<Permission>;
  /** Takes it from roles and subjects too. */
  remove(id: number): Promise<void>;
  /** How many roles name it. Roles that carry everything do not. */
  roleCount(id: number): Promise<number>;
}

export interface Role {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly everything: boolean;
  readonly isSystem: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `userCount` counts people; agents and clients that have the role are not users. */
export interface CountedRole extends Role {
  readonly userCount: number;
  readonly permissionCount: number;
}

export type NewRole = Omit<Role, 'createdAt' | 'updatedAt'>;
export type RoleChange = Partial<Pick<Role, 'slug' | 'name' | 'description'>>;

export interface RoleQuery extends PageQuery {
  readonly isSystem?: boolean;
  /** Only roles that name this permission. */
  readonly permissionId?: number;
}

/** Roles of the org in context. */
export interface RoleStore {
  list(query: RoleQuery): Promise<Page<CountedRole>>;
  /** By id or slug. */
  byReference(reference: string): Promise<Role | undefined>;
  bySlugs(slugs: readonly string[]): Promise<readonly Role[]>;
  counted(id: string): Promise<CountedRole | undefined>;
  count(): Promise<number>;
  insert(role: NewRole): Promise<Role>;
  update(id: string, change: RoleChange): Promise<Role>;
  /** Takes it from subjects too. */
  remove(id: string): Promise<void>;
  /** What the role carries, sorted by slug: every permission where the role carries everything. */
  permissions(role: Role, query: PageQuery): Promise<Page<Permission>>;
  permissionIds(id: string): Promise<readonly number[]>;
  /** Slugs of the system permissions that these roles name. */
  systemPermissionsOf(ids: readonly string[]): Promise<readonly string[]>;
  /** How many pairs of role and permission the org has. */
  pairCount(): Promise<number>;
  addPermissions(id: string, permissionIds: readonly number[]): Promise<void>;
  removePermissions(id: string, permissionIds: readonly number[]): Promise<void>;
}

/** Somebody who has a role, as far as the events of the directory said who that is. */
export interface Member {
  readonly id: string;
  readonly email: string | null;
  readonly username: string | null;
  readonly name: string | null;
}

/** Who has which role or direct permission, in the org in context. */
export interface AssignmentStore {
  roleIdsOf(subject: Subject): Promise<readonly string[]>;
  addRoles(subject: Subject, roleIds: readonly string[]): Promise<void>;
  removeRoles(subject: Subject, roleIds: readonly string[]): Promise<void>;
  /** Of these users, who has the role. */
  holders(roleId: string, userIds: readonly string[]): Promise<readonly string[]>;
  members(roleId: string, query: PageQuery): Promise<Page<Member>>;
  /** Ids of the subjects of a type that have the role, at most `limit`, sorted. */
  memberIds(roleId: string, type: SubjectType, limit: number): Promise<readonly string[]>;
  permissionIdsOf(subject: Subject): Promise<readonly number[]>;
  grant(subject: Subject, permissionIds: readonly number[]): Promise<void>;
  revoke(subject: Subject, permissionIds: readonly number[]): Promise<void>;
  /** Takes everything from a subject and returns the slugs of what it had. */
  removeAll(subject: Subject): Promise<{ readonly roles: readonly string[]; readonly permissions: readonly string[] }>;
}

/** What an event of the directory says about a person. An absent member was not mentioned; null was cleared. */
export interface PersonNews {
  readonly id: string;
  readonly occurredAt: Date;
  readonly email?: string | null;
  readonly username?: string | null;
  readonly name?: string | null;
  /** Whatever else conditions can read, by the name of the built-in attribute. */
  readonly facts?: AttributeBag;
}

/** People of the org in context, as the events of the directory describe them. Lags behind the directory by a moment. */
export interface PeopleStore {
  /** Ids by id or e-mail address; what names nobody is no key of the answer. */
  resolve(references: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Keeps what is newer; a deleted person stays deleted. */
  put(news: PersonNews): Promise<void>;
  bury(id: string, deletedAt: Date): Promise<void>;
  /** Forgets people who were deleted before a moment. */
  forgetBuried(before: Date): Promise<void>;
}

export interface Stores {
  readonly permissions: PermissionStore;
  readonly roles: RoleStore;
  readonly assignments: AssignmentStore;
  readonly people: PeopleStore;
  readonly assertions: AssertionStore;
  readonly policies: PolicyStore;
}

/** Who answers from memory by data of its own: each follows the revisions at which its data changed, and no others. */
export const ENGINES = ['roles', 'relations', 'policies'] as const;
export type EngineName = (typeof ENGINES)[number];

/** A change in progress. What it reads is what no other writer of the org can change meanwhile. */
export interface Work extends Stores {
  readonly relations: RelationStore;
  readonly idempotency: IdempotencyStore;
  /** Of the org before this change; it has `revision + 1` afterwards, if the change touches an engine. */
  readonly revision: number;
  /** Never earlier than in the change before, as far as the clock of the database goes forward. */
  readonly now: Date;
  /** States that the data of an engine changed. Who touches none leaves the revision where it is. */
  touch(engine: EngineName): void;
  /** States what every graph of roles of the org has to do to follow, and touches `roles`. */
  record(...ops: readonly GraphOp[]): void;
  /** States what a store of tuples has to do to follow, and touches `relations`. Once for a store. */
  recordRelations(change: Omit<StoreChange, 'revision' | 'at'>): void;
  /** Events of the change, for the audit log and whoever listens. */
  announce(...events: readonly NewEvent[]): void;
}

/** The transaction in which the messaging library applies events. */
export type OpenTransaction = Transaction<AuthzTables>;

/** Changes of the org in context: rows, graph steps and events are committed together, or nothing is. */
export interface Changes {
  /** After it resolved, no decision of this process is based on the state before. */
  run<T>(change: (work: Work) => Promise<T>): Promise<T>;
  /** The same inside a transaction that somebody else commits; graphs follow within a second of the commit. */
  within<T>(tx: OpenTransaction, change: (work: Work) => Promise<T>): Promise<T>;
}

/** Position in the instance-wide feed of changed organizations; opaque text. */
export type FeedPosition = string;

/** Where an organization is: its newest revision, and for each engine the newest at which its data changed. */
export type OrgMarks = { readonly [engine in EngineName]: number } & {
  readonly orgId: string;
  readonly revision: number;
};

export interface FeedReading {
  readonly position: FeedPosition;
  /** Organizations with a change that was not visible at the position asked for (and perhaps some that was). */
  readonly changed: readonly OrgMarks[];
}

/** Across organizations. */
export interface FeedSource {
  /** Without a position: where the feed is now. */
  readFeed(after?: FeedPosition): Promise<FeedReading>;
}

/** A committed change, as the process that made it tells its engines. */
export interface Commit {
  readonly orgId: string;
  readonly revision: number;
  readonly touched: ReadonlySet<EngineName>;
  readonly relations: readonly StoreChange[];
}

/** Who wants to know of commits in this process. */
export interface CommitListener {
  committed(commit: Commit): void;
  /** It is not known whether the last change was committed. */
  uncertain(orgId: string): void;
}

/** Where graphs of roles come from: the org in context. Their revision is that of the last change of roles. */
export interface GraphSource {
  /** One consistent reading; without subjects where there are more than `maxSubjects`. */
  load(maxSubjects: number): Promise<GraphRows>;
  /** Steps after a revision in order, or 'gap' where some of them may no longer be kept. */
  changesSince(revision: number): Promise<readonly GraphChange[] | 'gap'>;
  /** What these subjects hold, and the revision at which that is so. Who holds nothing is listed with nothing. */
  holdings(
    subjects: readonly Subject[],
  ): Promise<{ readonly revision: number; readonly subjects: readonly SubjectHolding[] }>;
}

/** One answer, for the audit log. */
export interface RecordedDecision {
  /** Of whatever type an application decides about. */
  readonly subject: { readonly type: string; readonly id: string };
  /** The permission, or the action on the resource. */
  readonly permission: string;
  readonly resource?: { readonly type: string; readonly id?: string };
  readonly allowed: boolean;
}

/** One answer to a question about a relation. */
export interface RecordedRelation extends TupleKey {
  readonly allowed: boolean;
}
