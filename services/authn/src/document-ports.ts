import type { ClientJwks } from './core/client-protocol.js';
import type { ClientProfile } from './core/client-registration.js';
import type { Tx } from './ports.js';

/** What is known of the document of a client. */
export interface KnownDocument {
  readonly clientId: string;
  readonly digest: string;
  readonly etag?: string;
  readonly fetchedAt: Date;
  readonly freshUntil: Date;
  readonly withdrawnAt?: Date;
}

/** Documents of clients, of the org in context. */
export interface ClientDocumentStore {
  find(clientId: string): Promise<KnownDocument | undefined>;
  /** Writes what is known now, and keeps the snapshot of its digest. */
  save(tx: Tx, document: KnownDocument, profile: ClientProfile): Promise<void>;
  /** The same document counts for longer. */
  extend(clientId: string, until: { readonly fetchedAt: Date; readonly freshUntil: Date }): Promise<void>;
  withdraw(tx: Tx, clientId: string, now: Date): Promise<void>;
  /** What the document of the client was when what is presented (a code, a refresh token) was issued to it. */
  snapshotOf(clientId: string, model: string, presented: string): Promise<ClientProfile | undefined>;
  /**
   * Clients that nobody has allowed anything and that were not asked for since this moment, the oldest first. Those that
   * an administrator switched off stay, so that they stay off.
   */
  unapproved(before: Date, limit: number): Promise<readonly string[]>;
  /** How many clients there are that nobody has allowed anything. */
  countUnapproved(tx: Tx): Promise<number>;
  /** Forgets snapshots that neither a consent, a grant nor the document refers to any more. */
  forgetSnapshots(limit: number): Promise<number>;
}

export type FetchedDocument =
  | {
      readonly kind: 'document';
      readonly document: unknown;
      readonly etag?: string;
      readonly freshSeconds: number;
    }
  /** The one that is known counts on. */
  | { readonly kind: 'unchanged'; readonly freshSeconds: number }
  /** Its server says that there is none. */
  | { readonly kind: 'withdrawn' }
  /** Anything else. `why` is for the log. */
  | { readonly kind: 'failed'; readonly why: string };

/** Asks the server of a document, once and without redirects. Requests for one address at the same time share the answer. */
export interface ClientDocuments {
  read(url: string, etag: string | undefined): Promise<FetchedDocument>;
}

/**
 * Key sets that clients publish (`jwks_uri`), of the org in context. A set is an object of its own for each time it was
 * fetched, so that whoever holds one can be told whether there may be a newer one.
 */
export interface RemoteKeySets {
  /** Whether `read` may answer with another set than this one. */
  mayDiffer(uri: string, known: ClientJwks | undefined): boolean;
  /** Whether this one should not be used without asking first. */
  isStale(uri: string, known: ClientJwks): boolean;
  /** A set that is not the known one where there can be one, else the known one while it counts. */
  read(uri: string, known: ClientJwks | undefined): Promise<ClientJwks | undefined>;
}
