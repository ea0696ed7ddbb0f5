import type { Resource } from './core/resource.js';
import type { Page, PageQuery, Tx } from './ports.js';

/** By which right a client was registered. */
export type MadeWith = 'api_key' | 'initial_access_token' | 'nothing';

/** The registration of a client that registered itself, of the org in context. */
export interface ClientRegistration {
  readonly clientId: string;
  /** Of the token with which the client manages it. */
  readonly tokenSha256: Buffer;
  readonly madeWith: MadeWith;
}

export interface ClientRegistrationStore {
  find(clientId: string): Promise<ClientRegistration | undefined>;
  /** Reads it and keeps others from changing it until the transaction ends. */
  lock(tx: Tx, clientId: string): Promise<ClientRegistration | undefined>;
  insert(tx: Tx, registration: ClientRegistration, now: Date): Promise<void>;
  /** From now on only the new token counts. */
  rotate(tx: Tx, clientId: string, tokenSha256: Buffer, now: Date): Promise<void>;
  /** Clients that no administrator made; it does not count those that come after it. */
  countClients(tx: Tx): Promise<number>;
  /**
   * Clients that anybody could register, before this moment, and to which nobody ever signed in; at most so many.
   * One that gets tokens for itself is never among them, because nothing tells whether it does.
   */
  abandoned(before: Date, limit: number): Promise<readonly string[]>;
}

/** What lets a client register itself (RFC 7591 section 3), a number of times and for a time. */
export interface InitialAccessToken {
  /** `iat_…` without the secret part. */
  readonly id: string;
  readonly name: string;
  readonly maxUses: number;
  readonly uses: number;
  /** `type:id` of the principal that made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface InitialAccessTokenStore {
  byId(id: string): Promise<InitialAccessToken | undefined>;
  /** Only one that can be used now. */
  usable(sha256: Buffer, now: Date): Promise<InitialAccessToken | undefined>;
  list(query: PageQuery): Promise<Page<InitialAccessToken>>;
  insert(tx: Tx, token: InitialAccessToken, sha256: Buffer): Promise<void>;
  /** Uses it once; false where it cannot be used any more. Of parallel uses no more succeed than it has. */
  spend(tx: Tx, id: string, now: Date): Promise<boolean>;
  remove(tx: Tx, id: string): Promise<boolean>;
}

/** Documents that list the redirect URIs of a sector (OpenID Connect Core section 8.1), fetched each time. */
export interface SectorDocuments {
  /** Undefined where there is no such document, for whatever reason. */
  read(uri: string): Promise<readonly string[] | undefined>;
}

/** Resources of the org in context; an org has few enough to look through. */
export interface ResourceStore {
  all(): Promise<readonly Resource[]>;
  byId(id: string): Promise<Resource | undefined>;
  list(query: PageQuery): Promise<Page<Resource>>;
  count(tx: Tx): Promise<number>;
  /** False where the identifier is taken. */
  insert(tx: Tx, resource: Resource): Promise<boolean>;
  /** Everything but its identifier; undefined where there is none. */
  update(tx: Tx, resource: Resource, now: Date): Promise<Resource | undefined>;
  remove(tx: Tx, id: string): Promise<boolean>;
}
