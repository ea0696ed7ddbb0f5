import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { RelationTuple } from '../../core/rebac/tuple.js';
import type { LoggedChange } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { defaultStoreId, type StoreTarget, storeIdOf, storeNotFound } from './store-id.js';

export interface ReadChanges extends StoreTarget {
  /** Only tuples whose object is of this type. */
  readonly objectType?: string;
  readonly cursor?: string;
  /** Only changes from this moment on. A cursor knows it. */
  readonly since?: Date;
  /** Of tuples, at most 1 000. */
  readonly pageSize: number;
}

export interface TupleEvent {
  readonly tuple: RelationTuple;
  readonly operation: 'write' | 'delete';
  readonly at: Date;
  readonly revision: number;
}

export interface ChangePage {
  /** In the order of commits; of one commit, deletes before writes. */
  readonly changes: readonly TupleEvent[];
  /** Where the next page begins, also where nothing follows yet. */
  readonly cursor: string;
}

/** All changes up to `revision` were read; where `index` is not 0, that many tuples of the last of them. */
interface Position {
  readonly revision: number;
  readonly index: number;
  /** Epoch milliseconds. */
  readonly since?: number;
}

const CHANGES_PER_READING = 50;

/** What happened to tuples, oldest first, without gap: the log that stands beside the tuples in every transaction. */
export function readChanges({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: ReadChanges): Promise<ChangePage> => {
    const { objectType, cursor, since, pageSize } = query;
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, query.store);
    const { cursors, records } = relations;
    const question = { list: 'changes', orgId: org.id, about: [storeId, objectType ?? null] } as const;
    const limit = Math.max(1, Math.min(pageSize, RELATION_LIMITS.changesPerPage));
    let position: Position =
      cursor === undefined
        ? { revision: 0, index: 0, ...(since && { since: since.getTime() }) }
        : cursors.open(question, cursor);
    const changes: TupleEvent[] = [];
    for (;;) {
      // A change that was read in part comes again, with all of its tuples.
      const after = position.index > 0 ? position.revision - 1 : position.revision;
      const reading = await records.changes(storeId, {
        after,
        limit: CHANGES_PER_READING,
        ...(position.since !== undefined && { since: new Date(position.since) }),
        ...(objectType !== undefined && { objectTypes: [objectType] }),
      });
      if (!reading) {
        if (storeId !== defaultStoreId(org)) throw storeNotFound();
        break;
      }
      if (cursor !== undefined && after < reading.store.pruned) throw changesPruned();
      const last = takeFrom(reading.changes, position, objectType, limit, changes);
      const isEnd = changes.length < limit && !reading.more;
      // At the end everything up to the revision of the reading is known, also that there was nothing.
      position = { ...position, ...(isEnd ? { revision: Math.max(reading.revision, last.revision), index: 0 } : last) };
      if (changes.length >= limit || isEnd) break;
    }
    return { changes, cursor: cursors.seal(question, position) };
  };
}

function takeFrom(
  logged: readonly LoggedChange[],
  from: Position,
  objectType: string | undefined,
  limit: number,
  into: TupleEvent[],
): Pick<Position, 'revision' | 'index'> {
  let position: Pick<Position, 'revision' | 'index'> = from;
  for (const change of logged) {
    const events = eventsOf(change).filter(
      ({ tuple }) => objectType === undefined || tuple.object.startsWith(`${objectType}:`),
    );
    const first = change.revision === from.revision ? from.index : 0;
    const taken = events.slice(first, first + limit - into.length);
    into.push(...taken);
    const end = first + taken.length;
    if (end < events.length) return { revision: change.revision, index: end };
    position = { revision: change.revision, index: 0 };
    if (into.length >= limit) break;
  }
  return position;
}

function eventsOf({ writes, deletes, at, revision }: LoggedChange): readonly TupleEvent[] {
  const event = (operation: TupleEvent['operation']) => (tuple: RelationTuple) => ({ tuple, operation, at, revision });
  return [...deletes.map(event('delete')), ...writes.map(event('write'))];
}

export function changesPruned(): DomainError {
  return new DomainError(
    'gone',
    'changes_pruned',
    'Changes after this position are no longer kept. Read the tuples anew, then follow the changes from now on.',
  );
}
