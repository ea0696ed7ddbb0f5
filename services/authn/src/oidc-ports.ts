import type { DetailType } from './core/authorization-details.js';
import type { ExchangeQuestion } from './core/exchange.js';
import type { OAuthClient } from './core/oauth-client.js';
import type { Reuse } from './core/one-time-use.js';
import type { Page, RevocationEntry, Tx } from './ports.js';

/** What a library of ours wants back unchanged: JSON. */
export type Payload = Readonly<Record<string, unknown>>;

/** A browser session. `id` is the cookie and is only ever stored hashed; `uid` stays the same when the cookie is renewed. */
export interface StoredSession {
  readonly id: string;
  readonly uid: string;
  readonly userId: string;
  readonly payload: Payload;
  readonly expiresAt: Date;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** Sessions of people who signed in with a browser, of the org in context. A session that has expired is not found. */
export interface SessionStore {
  find(id: string, now: Date): Promise<Payload | undefined>;
  findByUid(uid: string, now: Date): Promise<Payload | undefined>;
  /**
   * Writes a session. Where it exists, the clients signed in to by a parallel request (`authorizations`) are kept.
   * @param tx the transaction that must hold together with it, if any
   */
  save(session: StoredSession, now: Date, tx?: Tx): Promise<void>;
  /** Removes one cookie value; the session may go on under a new one. */
  remove(id: string): Promise<void>;
  /** Ends sessions, whatever their cookies are now, and returns them; `limit` bounds how many. */
  end(tx: Tx, which: SessionSelector, limit?: number): Promise<readonly EndedSession[]>;
  list(query: SessionQuery, now: Date): Promise<Page<SessionRecord>>;
  /** Cookies that were not swept yet count as inactive. */
  count(now: Date): Promise<{ readonly active: number; readonly inactive: number }>;
  byNumber(number: number, now: Date): Promise<SessionRecord | undefined>;
}

/** Which sessions of the org: one by its cookie, its lasting name or its number, all of a person, or all. */
export type SessionSelector =
  | { readonly cookie: string }
  | { readonly uid: string }
  | { readonly number: number }
  | { readonly userId: string }
  | 'all';

export interface SessionQuery {
  readonly page: number;
  readonly limit: number;
  readonly userId?: string;
  readonly ip?: string;
}

/** A session as its owner and administrators see it. */
export interface SessionRecord {
  readonly number: number;
  readonly uid: string;
  readonly userId: string;
  readonly userEmail: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly clients: readonly SessionClient[];
}

/** A client that the session signed in to. */
export interface SessionClient {
  readonly clientId: string;
  /** `sid` of its ID tokens (OpenID Connect Back-Channel Logout section 2.1). */
  readonly sid?: string;
  readonly grantId?: string;
  /** What was issued for offline use stays when its owner signs out. */
  readonly persistsLogout: boolean;
}

export interface EndedSession {
  readonly number: number;
  readonly uid: string;
  readonly userId: string;
  readonly clients: readonly SessionClient[];
}

export interface StoredArtifact {
  readonly payload: Payload;
  readonly consumedAt: Date | null;
  readonly uses: number;
}

/**
 * Codes, refresh tokens and sign-in transactions, found by the value that is presented, which is stored hashed.
 * Guarantees: of any number of parallel `consume` calls for one value, at most `maxUses` within the grace time succeed;
 * nothing is stored for a grant that has been revoked.
 */
export interface ArtifactStore {
  /** Not what has expired; what was consumed is found, and says so. */
  find(model: string, id: string, now: Date): Promise<StoredArtifact | undefined>;
  /** The same, by the SHA-256 of the value. */
  findBySha256(model: string, sha256: Buffer, now: Date): Promise<StoredArtifact | undefined>;
  /** Stores or replaces. False where the grant is gone. */
  save(
    model: string,
    id: string,
    artifact: { readonly payload: Payload; readonly grantId?: string; readonly expiresAt: Date },
  ): Promise<boolean>;
  /** True where this call is a permitted use. */
  consume(model: string, id: string, now: Date, reuse: Reuse): Promise<boolean>;
  remove(model: string, id: string): Promise<void>;
}

/** A sign-in session at one client: the family of what is issued in it. */
export interface GrantRecord {
  readonly id: string;
  readonly sessionUid: string;
  readonly userId: string;
  readonly clientId: string;
  /** Which client it was that the person let in; absent where an administrator answers for the client. */
  readonly clientDigest?: string;
  readonly payload: Payload;
  readonly accessTokenSeconds: number;
  readonly expiresAt: Date;
}

export interface GrantStore {
  find(id: string, now: Date): Promise<GrantRecord | undefined>;
  /** The grant of this session at this client: of parallel callers all get the same. Its payload becomes the given one. */
  open(grant: GrantRecord, now: Date): Promise<GrantRecord>;
  /** Remembers that a longer access token was issued than before. */
  lengthen(id: string, accessTokenSeconds: number): Promise<void>;
  /** Deletes the grant with everything issued from it; undefined where it is gone already. */
  remove(tx: Tx, id: string): Promise<GrantRecord | undefined>;
  removeOfUser(tx: Tx, userId: string): Promise<void>;
  removeOfClient(tx: Tx, clientId: string): Promise<void>;
  removeOfSession(tx: Tx, sessionUid: string): Promise<readonly GrantRecord[]>;
  list(query: GrantQuery, now: Date): Promise<Page<ListedGrant>>;
  byNumber(number: number, now: Date): Promise<ListedGrant | undefined>;
}

export interface GrantQuery {
  readonly page: number;
  readonly limit: number;
  readonly userId?: string;
  readonly clientId?: string;
}

export interface ListedGrant extends GrantRecord {
  readonly number: number;
  readonly createdAt: Date;
}

export interface AllowedAccess {
  readonly scopes: readonly string[];
  /** Single claims (OpenID Connect Core section 5.5), beside those of the scopes. */
  readonly claims: readonly string[];
}

/** What people allowed clients to do. */
export interface ConsentStore {
  /**
   * Undefined where nothing was decided, or where the client was another one then: what names it (`clientDigest`, see
   * core/client-document.ts) is no longer the same.
   */
  find(userId: string, clientId: string, clientDigest?: string): Promise<AllowedAccess | undefined>;
  /** Adds to what was allowed before; what was allowed to the client that it was before counts no more. */
  add(
    tx: Tx,
    consent: AllowedAccess & { userId: string; clientId: string; clientDigest?: string },
    now: Date,
  ): Promise<void>;
}

/** By which names an issued access token can be dead. */
export interface TokenNames {
  readonly tokenId?: string;
  readonly grantId?: string;
  readonly clientId: string;
  /** Of a delegated token: the client that the user signed in to. */
  readonly originClientId?: string;
  /** `sub`, and that of every actor. */
  readonly subjects: readonly string[];
  /** Set where `sub` is a user. */
  readonly userId?: string;
  readonly issuedAt: Date;
}

export interface Liveness {
  readonly revoked: boolean;
  /** False also for a user that does not exist; true where the token has none. */
  readonly userMayAct: boolean;
  /** `unknown` for an agent, which is no client of ours. */
  readonly client: 'active' | 'inactive' | 'unknown';
  /** E-mail of the user, where there is one. */
  readonly username?: string;
}

export type RevocationOf = RevocationEntry['what'];

/** What stopped being valid before its time. */
export interface RevocationLog {
  add(tx: Tx, entry: { what: RevocationOf; notBefore?: Date; expiresAt: Date }): Promise<void>;
  /** In one statement, so that no half of the answer is older than the other. */
  check(token: TokenNames, now: Date): Promise<Liveness>;
  /** The moment before which every token of a subject or client is dead; undefined where none was set. */
  notBefore(kind: 'subject' | 'client', name: string, now: Date): Promise<Date | undefined>;
  /** Of every org. A row may come twice, never not at all, whatever order transactions commit in. */
  since(position: bigint, now: Date): Promise<{ rows: readonly RevocationEntry[]; position: bigint }>;
  /** Forgets what has expired, a bounded number at a time; returns how many. */
  purge(now: Date, limit: number): Promise<number>;
}

/** An agent as an OAuth client, as the agent registry knows it now. */
export interface AgentClient {
  readonly agentId: string;
  readonly name: string;
  readonly isActive: boolean;
  /** SHA-256 of each secret that counts now. */
  readonly secretSha256: readonly Uint8Array[];
  readonly capabilities: readonly string[];
}

export interface AllowedExchange {
  readonly delegationId: string;
  readonly scopes: readonly string[];
  readonly chainAgentIds: readonly string[];
  /** Epoch seconds; not later than what was asked for. */
  readonly expiresAt: number;
}

/** The agent registry. A refusal rejects with its `DomainError`. */
export interface Agents {
  /** Undefined for an agent that does not exist in the org. */
  client(agentId: string): Promise<AgentClient | undefined>;
  /** Whether every one of them is active and none of their tokens issued at `issuedAt` is dead. */
  areLive(agentIds: readonly string[], issuedAt: Date): Promise<boolean>;
  authorizeExchange(question: ExchangeQuestion): Promise<AllowedExchange>;
}

/** A type of authorization details as it is stored. */
export interface StoredDetailType extends DetailType {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Types of authorization details (RFC 9396) of the org in context; an org has few of them. */
export interface DetailTypeStore {
  list(): Promise<readonly StoredDetailType[]>;
  /** False where the type exists. */
  insert(tx: Tx, type: DetailType, now: Date): Promise<boolean>;
  /** Replaces everything but the type itself; undefined where there is none. */
  update(tx: Tx, type: DetailType, now: Date): Promise<StoredDetailType | undefined>;
  remove(tx: Tx, type: string): Promise<boolean>;
}

/** Random values of the org in context, 32 bytes each, that stay the same for as long as the org does. */
export interface OrgSecrets {
  /** Made at the first call. */
  of(name: string): Promise<Buffer>;
  /** Seals them under the current master key; returns how many needed it. */
  reseal(): Promise<number>;
}

/** A client as the token endpoint needs it. */
export interface RecentClient {
  readonly client: OAuthClient;
  /** Whether the server of its document said that there is none any more. */
  readonly isWithdrawn: boolean;
  /** Tokens issued to it before are dead. */
  readonly tokensNotBefore?: Date;
}

/** Clients of the org in context, at most a second old, so that a busy client costs no query per token. */
export interface RecentClients {
  find(clientId: string): Promise<RecentClient | undefined>;
}
