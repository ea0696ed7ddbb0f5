import { sql } from 'kysely';
import type { RelationTuple } from '../core/rebac/tuple.js';
import type { RelationLoader } from '../relation-ports.js';
import { readRevision } from './graph-revision.js';
import type { Executor } from './paging.js';
import { createStoreRecords } from './store-records.js';

/** Small enough that reading a part does not hold the event loop for long. */
const TUPLES_PER_PART = 5_000;
/** Between the columns of a row; no id, name or JSON text can hold it. */
const UNIT = '\x1f';

/**
 * Reads a million tuples in about 1.5 s: one transaction that sees one state, a cursor without an order, and one column of
 * text, which costs this process a third of what five columns do. The next part is on its way while one is taken.
 */
export function createRelationLoader(db: Executor): RelationLoader {
  return {
    load: (storeId, take) =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (tx) => {
          const store = await createStoreRecords(tx).store(storeId);
          if (!store) return undefined;
          const revision = await readRevision(tx);
          await sql`
            declare part no scroll cursor for
            select object_type || ':' || object_id || chr(31) || relation || chr(31) || subject
                   || coalesce(chr(31) || condition || chr(31) || coalesce(context, ''), '') as line
            from relation_tuples where store = ${store.number}
          `.execute(tx);
          const read = async () => (await sql<{ line: string }>`${FETCH} from part`.execute(tx)).rows;
          for (let part = await read(); part.length > 0; ) {
            const next = read();
            // Whoever throws first is heard; the other must not be a rejection that nobody handles.
            next.catch(() => {});
            await take(part.map(({ line }) => tupleOf(line)));
            part = await next;
          }
          return { store, revision };
        }),
  };
}

const FETCH = sql.raw(`fetch ${TUPLES_PER_PART}`);

function tupleOf(line: string): RelationTuple {
  const [object = '', relation = '', subject = '', name, context] = line.split(UNIT);
  if (name === undefined) return { object, relation, subject };
  // Written by us from JSON that was checked.
  return { object, relation, subject, condition: { name, ...(context && { context: JSON.parse(context) }) } };
}
