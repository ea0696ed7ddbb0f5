import type { RequestContext } from '@lumo/tenancy';
import type { TupleKey } from '../../core/rebac/tuple.js';
import type { StoredTuple, TupleFilter } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { requireFilter } from './require-key.js';
import { defaultStoreId, type StoreTarget, storeIdOf, storeNotFound } from './store-id.js';

export interface ReadTuples extends StoreTarget {
  /** Empty: all. */
  readonly filter: TupleFilter;
  /** At most 1 000. */
  readonly pageSize: number;
  readonly cursor?: string;
}

export interface TuplePage {
  readonly tuples: readonly Pick<StoredTuple, 'tuple' | 'writtenAt'>[];
  /** Absent where nothing follows. */
  readonly cursor?: string;
  /** Of the state that the page is of, at the latest. */
  readonly token: string;
}

/**
 * Tuples as they are stored, from the database: always everything that was committed. Pages follow each other by key: a
 * tuple that stays while the pages are read is on exactly one of them.
 */
export function readTuples({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, { store, filter, pageSize, cursor }: ReadTuples): Promise<TuplePage> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, store);
    requireFilter(filter);
    const { records, cursors, graphs } = relations;
    const question = { list: 'tuples', orgId: org.id, about: [storeId, filter] } as const;
    const after = cursor === undefined ? undefined : cursors.open<TupleKey>(question, cursor);
    const limit = Math.max(1, Math.min(pageSize, RELATION_LIMITS.tuplesPerPage));
    // Before the tuples: what they show is this or newer.
    const revision = await records.revision();
    const found = await records.store(storeId);
    if (!found && storeId !== defaultStoreId(org)) throw storeNotFound();
    const rows = found ? await records.tuples(found.number, filter, { ...(after && { after }), limit: limit + 1 }) : [];
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1)?.tuple : undefined;
    return {
      tuples: page,
      ...(last && {
        cursor: cursors.seal(question, { object: last.object, relation: last.relation, subject: last.subject }),
      }),
      token: await graphs.tokenAt(org, revision),
    };
  };
}
