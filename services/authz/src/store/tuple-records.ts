import { type RawBuilder, sql } from 'kysely';
import type { RelationTuple, TupleKey } from '../core/rebac/tuple.js';
import type { TupleFilter, TupleRecords } from '../relation-ports.js';
import type { Executor } from './paging.js';

interface TupleRow {
  readonly object_type: string;
  readonly object_id: string;
  readonly relation: string;
  readonly subject: string;
  readonly condition: string | null;
  readonly context: string | null;
}

export function createTupleRecords(db: Executor): TupleRecords {
  return {
    async tuples(store, filter, { after, limit }) {
      const { rows } = await sql<TupleRow & { readonly revision: number; readonly written_at: Date }>`
        select object_type, object_id, relation, subject, condition, context, revision, written_at
        from relation_tuples
        where ${matching(store, filter)} and ${after ? following(after) : sql`true`}
        order by object_type, object_id, relation, subject
        limit ${limit}
      `.execute(db);
      return rows.map((row) => ({ tuple: tupleOf(row), revision: row.revision, writtenAt: row.written_at }));
    },

    async matches(store, filters) {
      if (filters.length === 0) return [];
      const { rows } = await sql<{ matched: readonly boolean[] }>`
        select array[${sql.join(
          filters.map((filter) => sql`exists (select 1 from relation_tuples where ${matching(store, filter)})`),
        )}] as matched
      `.execute(db);
      return rows[0]?.matched ?? [];
    },

    async deleteTuples(store, keys) {
      if (keys.length === 0) return [];
      const { rows } = await sql<TupleRow>`
        delete from relation_tuples where ctid = any (array(select found.ctid from ${stored(store, keys)}))
        returning object_type, object_id, relation, subject, condition, context
      `.execute(db);
      return rows.map(tupleOf);
    },

    async insertTuples(store, revision, at, tuples) {
      if (tuples.length === 0) return [];
      const conditions = tuples.map(({ condition }) => condition?.name ?? null);
      const contexts = tuples.map(({ condition }) => (condition?.context ? JSON.stringify(condition.context) : null));
      const { numAffectedRows } = await sql`
        insert into relation_tuples
          (store, object_type, object_id, relation, subject, condition, context, revision, written_at)
        select ${store}, object_type, object_id, relation, subject, condition, context, ${revision}, ${at}
        from unnest(${columns(tuples)}, ${conditions}::text[], ${contexts}::text[])
          as asked (object_type, object_id, relation, subject, condition, context)
        on conflict do nothing
      `.execute(db);
      return Number(numAffectedRows) === tuples.length ? [] : storedBefore(db, store, tuples, revision);
    },
  };
}

/** Those of the keys that something else than this revision wrote. */
async function storedBefore(
  db: Executor,
  store: number,
  keys: readonly TupleKey[],
  revision: number,
): Promise<readonly RelationTuple[]> {
  const { rows } = await sql<TupleRow>`
    select object_type, object_id, relation, subject, condition, context
    from relation_tuples
    where ctid = any (array(select found.ctid from ${stored(store, keys)})) and revision <> ${revision}
  `.execute(db);
  return rows.map(tupleOf);
}

function matching(store: number, { object, objectType, relation, subject }: TupleFilter): RawBuilder<unknown> {
  const [type, id] = object === undefined ? [objectType] : splitObject(object);
  const terms = [
    sql`store = ${store}`,
    type !== undefined && sql`object_type = ${type}`,
    objectType !== undefined && objectType !== type && sql`false`,
    id !== undefined && sql`object_id = ${id}`,
    relation !== undefined && sql`relation = ${relation}`,
    subject !== undefined && sql`subject = ${subject}`,
  ].filter((term) => term !== false);
  return sql.join(terms, sql` and `);
}

function following({ object, relation, subject }: TupleKey): RawBuilder<unknown> {
  const [type, id] = splitObject(object);
  return sql`(object_type, object_id, relation, subject) > (${type}, ${id}, ${relation}, ${subject})`;
}

/**
 * Where the rows of many keys are, by one probe of the primary key for each: `limit` keeps the planner from joining another
 * way. One plan serves organizations of every size, and what is right for ten rows takes minutes for a million.
 */
function stored(store: number, keys: readonly TupleKey[]): RawBuilder<unknown> {
  return sql`unnest(${columns(keys)}) as asked (object_type, object_id, relation, subject)
    cross join lateral (
      select t.ctid from relation_tuples t
      where t.store = ${store} and t.object_type = asked.object_type and t.object_id = asked.object_id
        and t.relation = asked.relation and t.subject = asked.subject
      limit 1
    ) found`;
}

function columns(keys: readonly TupleKey[]): RawBuilder<unknown> {
  const objects = keys.map(({ object }) => splitObject(object));
  return sql.join(
    [
      objects.map(([type]) => type),
      objects.map(([, id]) => id),
      keys.map(({ relation }) => relation),
      keys.map(({ subject }) => subject),
    ].map((column) => sql`${column}::text[]`),
  );
}

/** `type:id`: types have no colon. */
function splitObject(object: string): readonly [type: string, id: string] {
  const colon = object.indexOf(':');
  return [object.slice(0, colon), object.slice(colon + 1)];
}

function tupleOf({ object_type, object_id, relation, subject, condition, context }: TupleRow): RelationTuple {
  return {
    object: `${object_type}:${object_id}`,
    relation,
    subject,
    // Written by us from JSON that was checked.
    ...(condition !== null && {
      condition: { name: condition, ...(context !== null && { context: JSON.parse(context) }) },
    }),
  };
}
