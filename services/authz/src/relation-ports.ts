import type { RelationTuple, TupleChange, TupleKey } from './core/rebac/tuple.js';

/** What one change does to a store. */
export interface StoreOps {
  readonly writes: readonly RelationTuple[];
  /** Whole, with their conditions: who undoes the change needs them. */
  readonly deletes: readonly RelationTuple[];
  /** The model that counts from here on where a question names none. */
  readonly modelId?: string;
  /** The store was deleted. */
  readonly gone?: boolean;
}

/** A committed change of one store. Applied after the change with revision `previous` of the same store, it misses nothing. */
export interface StoreChange extends StoreOps, TupleChange {
  readonly store: StoreRecord['number'];
  readonly previous: number;
  readonly deletes: readonly RelationTuple[];
  readonly at: Date;
}

export interface StoreRecord {
  /** ULID. */
  readonly id: string;
  /** Stands for the id in rows. */
  readonly number: number;
  readonly name: string;
  /** When its models or tuples changed last. */
  readonly revision: number;
  readonly modelId: string | null;
  /** Changes up to here are no longer kept. */
  readonly pruned: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ModelRecord {
  /** ULID. */
  readonly id: string;
  readonly hash: string;
  /** Canonical JSON. */
  readonly model: string;
  readonly revision: number;
  readonly createdAt: Date;
}

/** Members that are present must all match. */
export interface TupleFilter {
  /** `type:id`. */
  readonly object?: string;
  readonly objectType?: string;
  readonly relation?: string;
  readonly subject?: string;
}

/** A tuple as it is stored. */
export interface StoredTuple {
  readonly tuple: RelationTuple;
  readonly revision: number;
  readonly writtenAt: Date;
}

/** Of one store in a change log; `at` never goes back while `revision` goes on. */
export type LoggedChange = Omit<StoreChange, 'store' | 'previous'>;

export interface ChangeQuery {
  /** Only changes with a larger revision. */
  readonly after: number;
  /** Only changes at or after this moment. */
  readonly since?: Date;
  /** Only changes that are about an object of one of these types. */
  readonly objectTypes?: readonly string[];
  /** Of changes, not of tuples. */
  readonly limit: number;
}

/** One consistent reading of the change log. */
export interface ChangeReading {
  readonly store: StoreRecord;
  /** Of the org: nothing of the store changed up to here beyond what the log says. */
  readonly revision: number;
  readonly changes: readonly LoggedChange[];
  /** There are more that match. */
  readonly more: boolean;
}

/** Stores of the org in context, and the logs of their changes. */
export interface StoreRecords {
  store(id: string): Promise<StoreRecord | undefined>;
  /** Newest first, after (below) an id; `name` is exact. */
  stores(query: {
    readonly before?: string;
    readonly limit: number;
    readonly name?: string;
  }): Promise<readonly StoreRecord[]>;
  storeCount(): Promise<number>;
  insertStore(store: Pick<StoreRecord, 'id' | 'name'>): Promise<StoreRecord>;
  /** Marks it as deleted: nobody finds it any more; its rows stay until they are removed. */
  buryStore(store: number): Promise<void>;
  /** Removes rows of deleted stores, at most `limit`; false where there is nothing more to remove. */
  removeRemains(limit: number): Promise<boolean>;
  /** Undefined where there is no such store. */
  changes(storeId: string, query: ChangeQuery): Promise<ChangeReading | undefined>;
  /** Forgets changes before a moment, at most `limit`. Under the lock of the org. */
  prune(store: number, before: Date, limit: number): Promise<void>;
  /** Of the org. */
  revision(): Promise<number>;
}

/** Models of the stores of the org in context. */
export interface ModelRecords {
  model(store: number, id: string): Promise<ModelRecord | undefined>;
  /** Newest first; only those older than a revision. */
  models(
    store: number,
    query: { readonly before?: number; readonly limit: number },
  ): Promise<readonly Omit<ModelRecord, 'model'>[]>;
  modelCount(store: number): Promise<number>;
  /** It counts from now on where a question names none. */
  insertModel(store: number, model: Omit<ModelRecord, 'createdAt'>): Promise<void>;
}

/** Tuples of the stores of the org in context. */
export interface TupleRecords {
  /** In the order of object type, object id, relation, subject (bytes); only those after a key. */
  tuples(
    store: number,
    filter: TupleFilter,
    query: { readonly after?: TupleKey; readonly limit: number },
  ): Promise<readonly StoredTuple[]>;
  /** Which of these filters match a tuple, in their order. */
  matches(store: number, filters: readonly TupleFilter[]): Promise<readonly boolean[]>;
  /** Returns what it deleted, whole. Keys that are not stored are passed over. */
  deleteTuples(store: number, keys: readonly TupleKey[]): Promise<readonly RelationTuple[]>;
  /** Passes over keys that are stored already, and returns those tuples as they are stored. */
  insertTuples(
    store: number,
    revision: number,
    at: Date,
    tuples: readonly RelationTuple[],
  ): Promise<readonly RelationTuple[]>;
}

export interface RelationStore extends StoreRecords, ModelRecords, TupleRecords {}

/** Everything of one store at one moment. */
export interface StoreLoad {
  readonly store: StoreRecord;
  /** Of the org at that moment. */
  readonly revision: number;
}

/** Reads whole stores. */
export interface RelationLoader {
  /**
   * Hands the tuples of a store over in parts, all of one consistent reading, and answers with what they belong to;
   * undefined where there is no such store. `take` is awaited, and what it throws ends the reading.
   */
  load(storeId: string, take: (part: readonly RelationTuple[]) => Promise<void>): Promise<StoreLoad | undefined>;
}

/** Answers of writes by the key that came with them. */
export interface IdempotencyStore {
  find(scope: string, key: string): Promise<{ readonly request: string; readonly answer: unknown } | undefined>;
  keep(scope: string, key: string, request: string, answer: unknown): Promise<void>;
  /** Forgets keys older than a moment, at most `limit`. */
  forget(before: Date, limit: number): Promise<void>;
}

/** Which history the revisions of the database belong to (16 hex digits). */
export interface EpochStore {
  /** Begins one where there is none, or where the database came to another server. */
  current(): Promise<string>;
  /** Begins another one after `former`, unless somebody did already. */
  succeed(former: string): Promise<string>;
}

/**
 * Files that hold copies of what the database holds, sealed: what is read back is what this installation wrote under that
 * name, whole. They may vanish at any time.
 */
export interface SnapshotFiles {
  /** Undefined where there is none, or where it is broken, cut off or not ours. */
  read(name: string): Promise<Uint8Array | undefined>;
  begin(name: string): SnapshotFile;
}

/** A file in the making: nobody sees it before it is complete. */
export interface SnapshotFile {
  /** The part may change afterwards. */
  add(part: Uint8Array): void;
  /** Takes the place of what had the name. */
  commit(): Promise<void>;
}
