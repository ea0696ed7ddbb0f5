import type { Result } from '@lumo/kit';
import type { ActivityLog, Outbox } from '@lumo/messaging';
import type { Org, RequestContext } from '@lumo/tenancy';
import type { Transaction } from 'kysely';
import type { ApiKey } from './core/api-key.js';
import type { OAuthClient } from './core/oauth-client.js';
import type { OrgRecord } from './core/org.js';
import type { OrgSettings, SettingsSection } from './core/org-settings.js';
import type { User } from './core/user.js';
import type { AuthnTables } from './tables.js';

/** An open transaction of the `authn` schema in the org of the context. */
export type Tx = Transaction<AuthnTables>;

/** Commits when `work` resolves, rolls back when it rejects. Row-level security is that of the context. */
export interface Transactions {
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export type { ActivityLog, Outbox };

/** One page of a list, cut in SQL. `total` counts every match, not only the page. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** What every list accepts; `page` counts from 1. */
export interface PageQuery {
  readonly page: number;
  readonly limit: number;
  /** Matched anywhere in the text columns, without case. */
  readonly search?: string;
  readonly sortBy?: string;
  readonly sortDir?: 'ASC' | 'DESC';
}

/** Organizations. Readable without an org context; also a suspended org is found, its status says so. */
export interface OrgStore {
  bySlug(slug: string): Promise<OrgRecord | undefined>;
  byId(id: string): Promise<OrgRecord | undefined>;
  list(query: PageQuery): Promise<Page<OrgRecord>>;
  /** 'duplicate' where the slug is taken. */
  insert(tx: Tx, org: Omit<OrgRecord, 'number'>): Promise<Result<OrgRecord, 'duplicate'>>;
  rename(tx: Tx, id: string, name: string, now: Date): Promise<void>;
}

/** Settings of the org in context, defaults filled in. */
export interface SettingsStore {
  read(): Promise<OrgSettings>;
  /** Reads them and keeps others from changing them until the transaction ends. */
  lock(tx: Tx): Promise<OrgSettings>;
  /** Replaces one section by a value that core has checked. */
  write<S extends SettingsSection>(tx: Tx, section: S, value: OrgSettings[S], now: Date): Promise<void>;
}

export interface UserQuery extends PageQuery {
  readonly blocked?: boolean;
  readonly active?: boolean;
  /** Only these. */
  readonly ids?: readonly string[];
}

/** The parts of a user that a change may name; `null` clears an optional one. */
export type UserChange = Partial<Omit<UserRow, 'id' | 'createdAt' | 'updatedAt'>>;

/** A user as it is stored: the public part and what only the store and password checks see. */
export interface UserRow extends User {
  readonly emailKey: string;
  readonly usernameKey?: string | null;
  readonly passwordHash?: string | null;
}

/** People of the org in context. A user of another org is unknown here. */
export interface UserStore {
  /** Undefined also for text that is no UUID. */
  byId(id: string): Promise<User | undefined>;
  /** By the address in any spelling that means the same mailbox (see core/email-address.ts). */
  byEmail(email: string): Promise<User | undefined>;
  list(query: UserQuery): Promise<Page<User>>;
  /** The row that a login names, by e-mail or else by username, with its hash. */
  byLogin(login: string): Promise<UserRow | undefined>;
  insert(tx: Tx, user: UserRow): Promise<Result<User, DuplicateUser>>;
  /** Undefined where there is no such user. */
  update(tx: Tx, id: string, change: UserChange, now: Date): Promise<Result<User, DuplicateUser> | undefined>;
  /** False where there was none. */
  remove(tx: Tx, id: string): Promise<boolean>;
  /** Counts a completed sign-in: `login_count`, `last_login_at`. Call it in the transaction that opens the session. */
  recordLogin(tx: Tx, id: string, now: Date): Promise<void>;
}

export type DuplicateUser = 'duplicate_email' | 'duplicate_username';

/** OAuth clients of the org in context. Inactive clients are returned too: the caller asks `isActive`. */
export interface ClientStore {
  byClientId(clientId: string): Promise<OAuthClient | undefined>;
  /** By the integer id of the admin API. */
  byNumber(id: number): Promise<OAuthClient | undefined>;
  list(query: PageQuery & { readonly active?: boolean }): Promise<Page<OAuthClient>>;
  /** Whether an active client lists this browser origin. */
  allowsOrigin(origin: string): Promise<boolean>;
  insert(tx: Tx, client: Omit<OAuthClient, 'id'>): Promise<OAuthClient>;
  /** Reads it and keeps others from changing it until the transaction ends. */
  lock(tx: Tx, clientId: string): Promise<OAuthClient | undefined>;
  update(tx: Tx, clientId: string, change: ClientChange, now: Date): Promise<OAuthClient | undefined>;
  /** Adds a secret and lets every older one end at `othersEndAt` at the latest. */
  addSecret(tx: Tx, clientId: string, sha256: Buffer, now: Date, othersEndAt: Date): Promise<void>;
  remove(tx: Tx, clientId: string): Promise<boolean>;
}

export type ClientChange = Partial<
  Omit<OAuthClient, 'id' | 'clientId' | 'applicationType' | 'secrets' | 'createdAt' | 'updatedAt'>
> & { readonly browserOrigins?: readonly string[] };

/** API keys of the org in context; `findOrg` and `byHash` are how a request with only a key finds its org. */
export interface ApiKeyStore {
  findOrg(sha256: Buffer): Promise<Pick<OrgRecord, 'id' | 'slug' | 'name' | 'status'> | undefined>;
  byHash(sha256: Buffer): Promise<ApiKey | undefined>;
  byKeyId(keyId: string): Promise<ApiKey | undefined>;
  list(query: PageQuery): Promise<Page<ApiKey>>;
  insert(tx: Tx, key: ApiKey, sha256: Buffer): Promise<void>;
  update(
    tx: Tx,
    keyId: string,
    change: Partial<Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'>>,
    now: Date,
  ): Promise<ApiKey | undefined>;
  remove(tx: Tx, keyId: string): Promise<boolean>;
  /** Remembers the use, at most once a minute for one key. */
  touch(keyId: string, now: Date): Promise<void>;
}

/** Wrong passwords in a row, by account or by the login that names none. Every call is atomic across processes. */
export interface LoginFailures {
  /** Whether failures are on record, and the end of the lock in force. */
  read(subject: Buffer, now: Date): Promise<{ readonly hasFailures: boolean; readonly lockedUntil?: Date }>;
  /** Counts one more failure and locks when the count reaches the limit. Takes some forgotten counts along to the bin. */
  add(
    tx: Tx,
    subject: Buffer,
    now: Date,
    limit: { readonly maxFailures: number; readonly lockSeconds: number },
  ): Promise<{ readonly failures: number; readonly lockedUntil?: Date }>;
  clear(tx: Tx, subject: Buffer): Promise<void>;
}

/** Role assignments, which authz owns. A failed call rejects with the `DomainError` of authz. */
export interface Roles {
  /** Every id asked for is a key of the answer. One call for a whole page of users. */
  ofUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly UserRole[]>>;
  /** Rejects for an unknown slug and changes nothing then. */
  assign(userId: string, slugs: readonly string[], mode: 'add' | 'replace'): Promise<readonly UserRole[]>;
  /** `role`: id or slug. */
  unassign(userId: string, role: string): Promise<void>;
  /** Users who have a role, by its id or slug: sorted ids, cut at 10 000. */
  membersOf(role: string): Promise<{ readonly userIds: readonly string[]; readonly truncated: boolean }>;
  /** Slugs of every permission the user has now. */
  permissionsOf(userId: string): Promise<ReadonlySet<string>>;
  /** What the user holds without a role. */
  directPermissions(userId: string): Promise<readonly UserPermission[]>;
  /** Answers everything that is granted directly then. */
  grantPermissions(userId: string, slugs: readonly string[]): Promise<readonly UserPermission[]>;
  /** `permission`: id or slug. */
  revokePermission(userId: string, permission: string): Promise<void>;
  /** System roles and permissions of the org in context. Idempotent. */
  provisionOrg(): Promise<void>;
}

export interface UserPermission {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
}

export interface UserRole {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Whether the role carries every admin permission. */
  readonly isAdmin: boolean;
}

/**
 * What makes issued things dead. The OIDC half implements it.
 * After the transaction committed: sessions, refresh tokens and codes of the subject are gone, its access tokens are
 * inactive at introspection, and the entry is listed by `ListRevocations`, which every gateway polls.
 */
export interface Revocations {
  /** Sessions and tokens of a user: blocked, deactivated, deleted, or with a new password. */
  revokeUser(tx: Tx, userId: string): Promise<void>;
  /** Tokens issued to a client: disabled or deleted. */
  revokeClient(tx: Tx, clientId: string): Promise<void>;
  /** An API key that was deleted or lost scopes: only the entry in `ListRevocations` (subject = key id). */
  revokeApiKey(tx: Tx, keyId: string): Promise<void>;
}

/**
 * Tells somebody else's server something, at an address that they chose. `worthRetrying`: they were not reached, or said
 * that they are in trouble; otherwise they were reached and refused.
 */
export type NotificationSender = (
  url: string,
  form: URLSearchParams,
) => Promise<Result<void, { readonly reason: string; readonly worthRetrying: boolean }>>;

/** What GetVerificationKeys and ListRevocations answer. The OIDC half implements it. */
export interface VerificationSource {
  /** Of the org in context. `jwks`: next, active and retired public keys. */
  verificationKeys(): Promise<{ readonly issuer: string; readonly jwks: { readonly keys: readonly object[] } }>;
  /** Of every org, after a position; 0 for everything that still matters. */
  revocationsSince(
    position: bigint,
  ): Promise<{ readonly revocations: readonly RevocationEntry[]; readonly position: bigint }>;
}

export interface RevocationEntry {
  readonly orgId: string;
  readonly what:
    | { readonly kind: 'token'; readonly tokenId: string }
    | { readonly kind: 'subject'; readonly subject: string }
    | { readonly kind: 'client'; readonly clientId: string }
    | { readonly kind: 'grant'; readonly grantId: string };
  /** Tokens issued before it are dead; absent where it does not apply. */
  readonly notBefore?: Date;
  /** After it the entry can be forgotten. */
  readonly expiresAt: Date;
}

/** Hashes passwords off the event loop, a bounded number at a time; rejects with `unavailable` when the queue is full. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
  /** Costs the same as `verify` of a wrong password; for logins that name no one. */
  verifyNobody(password: string): Promise<false>;
  /** Whether the hash was made with a lower cost than today's. */
  isOutdated(hash: string): boolean;
}

export type PasswordRefusal = 'invalid_credentials' | 'blocked' | 'inactive' | 'locked';

/**
 * Checks a password.
 * An unknown login, a wrong password and a person without a password look and cost the same. `locked` comes for unknown
 * logins too. `blocked` and `inactive` are only said to who knows the password. A refusal is recorded as
 * `auth.login.failure`; success is the caller's to record, with the session.
 */
export type VerifyPassword = (
  ctx: RequestContext & { readonly org: Org },
  command: { readonly login: string; readonly password: string },
) => Promise<Result<User, PasswordRefusal>>;
