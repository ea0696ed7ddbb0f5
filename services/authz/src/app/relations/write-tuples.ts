import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { checkTuple } from '../../core/rebac/check-tuple.js';
import { type CompiledModel, tupleText } from '../../core/rebac/compiled-model.js';
import { canonicalJson } from '../../core/rebac/json-value.js';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import type { Work } from '../../ports.js';
import type { StoreRecord } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { once } from './idempotency.js';
import { type Precondition, readPreconditions, requirePreconditions } from './preconditions.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { requireKey, requireText, requireTuple } from './require-key.js';
import { requireStore, storeTarget } from './require-store.js';
import { type StoreTarget, storeIdOf } from './store-id.js';
import { keyOf, requireWritable } from './tuple-request.js';

export interface WriteTuples extends StoreTarget {
  readonly writes: readonly RelationTuple[];
  readonly deletes: readonly TupleKey[];
  readonly preconditions?: readonly Precondition[];
  /** The same key with the same request again: the answer of the first time. Kept for a day. */
  readonly idempotencyKey?: string;
  /** Absent: the store's newest. */
  readonly modelId?: string;
  /** A tuple that is stored already: refuse (default), or leave it as it is. One with another condition is always refused. */
  readonly onDuplicate?: 'error' | 'ignore';
  /** A tuple to delete that is not stored: refuse (default), or pass over. */
  readonly onMissing?: 'error' | 'ignore';
}

export interface WrittenTuples {
  /** Of the organization after the change. */
  readonly revision: number;
  readonly token: string;
  /** What was really written and deleted, without what was ignored. */
  readonly written: number;
  readonly deleted: number;
}

interface Effect {
  readonly writes: readonly RelationTuple[];
  readonly deletes: readonly RelationTuple[];
}

type Deps = Pick<AuthzDeps, 'changes' | 'relations'>;

/** Tuples that the event of a write names; all are counted. */
const NAMED_IN_EVENT = 10;
/** Of every so many revisions one forgets old changes. */
const PRUNE_EVERY = 64;
const PRUNED_AT_ONCE = 1_000;

/** Writes and deletes tuples, all or nothing. What is written must be allowed by the model; what is deleted need not be. */
export function writeTuples({ changes, relations }: Deps) {
  return async (ctx: RequestContext, command: WriteTuples): Promise<WrittenTuples> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, command.store);
    requireWritable(command.writes, command.deletes);
    for (const tuple of command.writes) requireTuple(tuple);
    for (const key of command.deletes) requireKey(key);
    const { preconditions = [], idempotencyKey } = command;
    readPreconditions(preconditions);
    if (idempotencyKey !== undefined) {
      requireText('idempotency_key', idempotencyKey, RELATION_LIMITS.idempotencyKey);
    }
    const { idempotencyKey: _key, ...request } = command;

    const written = await changes.run(async (work) => {
      const store = await requireStore(work.relations, org, storeId);
      return once(work, `write ${store.id}`, idempotencyKey, request, async () => {
        const model = await relations.models.require(work.relations, store, command.modelId);
        requireAllowed(model, command.writes);
        await requirePreconditions(work.relations, store.number, preconditions);
        const effect = await apply(work, store, command);
        const isChange = effect.writes.length + effect.deletes.length > 0;
        if (isChange) await record(work, store, effect, relations.keptChangesMs);
        const revision = isChange ? work.revision + 1 : work.revision;
        return { revision, written: effect.writes.length, deleted: effect.deletes.length };
      });
    });
    return { ...written, token: await relations.graphs.tokenAt(org, written.revision) };
  };
}

function requireAllowed(model: CompiledModel, writes: readonly RelationTuple[]): void {
  for (const tuple of writes) {
    const checked = checkTuple(model, tuple);
    if (!checked.ok) throw refuse(checked.error);
  }
}

/** Deletes first: what a write finds is what stays beside it. */
async function apply(work: Work, store: StoreRecord, command: WriteTuples): Promise<Effect> {
  const { writes, deletes, onDuplicate = 'error', onMissing = 'error' } = command;
  const deleted = await work.relations.deleteTuples(store.number, deletes);
  if (deleted.length < deletes.length && onMissing === 'error') {
    const found = new Set(deleted.map(keyOf));
    throw notStored(deletes.filter((key) => !found.has(keyOf(key))));
  }
  const present = await work.relations.insertTuples(store.number, work.revision + 1, work.now, writes);
  if (present.length === 0) return { writes, deletes: deleted };
  if (onDuplicate === 'error') throw storedAlready(present);
  const stored = new Map(present.map((tuple) => [keyOf(tuple), tuple]));
  const wanted = new Map(writes.map((tuple) => [keyOf(tuple), tuple]));
  const different = present.filter((tuple) => conditionText(tuple) !== conditionText(wanted.get(keyOf(tuple))));
  if (different.length > 0) throw otherCondition(different);
  return { writes: writes.filter((tuple) => !stored.has(keyOf(tuple))), deletes: deleted };
}

/** Text that is the same for the same condition with the same context. */
function conditionText(tuple: RelationTuple | undefined): string {
  const { name, context = {} } = tuple?.condition ?? {};
  return canonicalJson([name ?? null, context]);
}

async function record(
  work: Work,
  store: StoreRecord,
  { writes, deletes }: Effect,
  keptChangesMs: number,
): Promise<void> {
  work.recordRelations({ store: store.number, previous: store.revision, writes, deletes });
  work.announce({
    name: 'relation.tuples.written',
    target: storeTarget(store),
    data: {
      store: store.id,
      revision: work.revision + 1,
      written: writes.length,
      deleted: deletes.length,
      first_written: writes.slice(0, NAMED_IN_EVENT).map(tupleText),
      first_deleted: deletes.slice(0, NAMED_IN_EVENT).map(tupleText),
    },
  });
  if (work.revision % PRUNE_EVERY === 0) {
    const before = new Date(work.now.getTime() - keptChangesMs);
    await work.relations.prune(store.number, before, PRUNED_AT_ONCE);
  }
}

function storedAlready(keys: readonly TupleKey[]): DomainError {
  return conflict(
    'tuple_exists',
    keys,
    'is stored already. Send on_duplicate=ignore to leave such tuples as they are.',
  );
}

function otherCondition(keys: readonly TupleKey[]): DomainError {
  return conflict('tuple_exists', keys, 'is stored with another condition. Delete it first, in a request of its own.');
}

function notStored(keys: readonly TupleKey[]): DomainError {
  return conflict('tuple_not_stored', keys, 'is not stored. Send on_missing=ignore to pass over such tuples.');
}

function conflict(code: string, keys: readonly TupleKey[], rest: string): DomainError {
  const [first] = keys;
  const others = keys.length > 1 ? ` (and ${keys.length - 1} more)` : '';
  const message = `${first ? tupleText(first) : ''}${others} ${rest} Nothing was written.`;
  return new DomainError('conflict', code, message, {
    details: { tuples: keys.slice(0, NAMED_IN_EVENT).map(tupleText) },
  });
}
