import { sql } from 'kysely';
import type { LoggedChange, StoreRecord, StoreRecords } from '../relation-ports.js';
import { CURRENT_ORG, readRevision } from './graph-revision.js';
import type { Executor } from './paging.js';
import { readOps, type StoredOps } from './relation-ops.js';

const COLUMNS = ['id', 'number', 'name', 'revision', 'model_id', 'pruned', 'created_at', 'updated_at'] as const;

export interface StoreRow {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly revision: number;
  readonly model_id: string | null;
  readonly pruned: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The row of a store that was not deleted; no row with all its columns null. */
interface ChangeRow extends StoreRow {
  readonly org_revision: number;
  readonly change_revision: number | null;
  readonly at: Date;
  readonly ops: StoredOps;
}

export function createStoreRecords(db: Executor): StoreRecords {
  return {
    async store(id) {
      const row = await db
        .selectFrom('relation_stores')
        .select(COLUMNS)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      return row && storeOf(row);
    },

    async stores({ before, limit, name }) {
      const rows = await db
        .selectFrom('relation_stores')
        .select(COLUMNS)
        .where('deleted_at', 'is', null)
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
        .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(storeOf);
    },

    async storeCount() {
      const { count } = await db
        .selectFrom('relation_stores')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      return count;
    },

    async insertStore({ id, name }) {
      return storeOf(
        await db.insertInto('relation_stores').values({ id, name }).returning(COLUMNS).executeTakeFirstOrThrow(),
      );
    },

    async buryStore(number) {
      await db.updateTable('relation_stores').set({ deleted_at: sql`now()` }).where('number', '=', number).execute();
    },

    async removeRemains(limit) {
      const { rows } = await sql<{ number: number; removed: number }>`
        with gone as (
          select number from relation_stores where deleted_at is not null order by number limit 1
        ), tuples as (
          delete from relation_tuples where ctid = any (array(
            select t.ctid from relation_tuples t join gone on t.store = gone.number limit ${limit}))
          returning 1
        ), changes as (
          delete from relation_changes where ctid = any (array(
            select c.ctid from relation_changes c join gone on c.store = gone.number limit ${limit}))
          returning 1
        )
        select number, ((select count(*) from tuples) + (select count(*) from changes))::int as removed from gone
      `.execute(db);
      const [found] = rows;
      if (found?.removed === 0) await db.deleteFrom('relation_stores').where('number', '=', found.number).execute();
      return found !== undefined;
    },

    async changes(storeId, { after, since, objectTypes, limit }) {
      const { rows } = await sql<ChangeRow>`
        select s.id, s.number, s.name, s.revision, s.model_id, s.pruned, s.created_at, s.updated_at,
               coalesce((select revision from graph_revisions where org = ${CURRENT_ORG}), 0) as org_revision,
               c.revision as change_revision, c.at, c.ops
        from relation_stores s
        left join lateral (
          select revision, at, ops from relation_changes
          where store = s.number and revision > ${after}
            and (${since ?? null}::timestamptz is null or at >= ${since ?? null}::timestamptz)
            and (${objectTypes ?? null}::text[] is null or types && ${objectTypes ?? null}::text[])
          order by revision limit ${limit + 1}
        ) c on true
        where s.id = ${storeId} and s.deleted_at is null
        order by c.revision
      `.execute(db);
      const [first] = rows;
      if (!first) return undefined;
      return {
        store: storeOf(first),
        revision: first.org_revision,
        changes: rows.slice(0, limit).flatMap(changeOf),
        more: rows.length > limit,
      };
    },

    async prune(store, before, limit) {
      await sql`
        with old as (
          select revision from relation_changes
          where store = ${store} and at < ${before} order by revision limit ${limit}
        ), gone as (
          delete from relation_changes where store = ${store} and revision <= (select max(revision) from old)
        )
        update relation_stores set pruned = greatest(pruned, (select max(revision) from old)) where number = ${store}
      `.execute(db);
    },

    revision: () => readRevision(db),
  };
}

export function storeOf({ model_id, created_at, updated_at, ...row }: StoreRow): StoreRecord {
  const { id, number, name, revision, pruned } = row;
  return { id, number, name, revision, modelId: model_id, pruned, createdAt: created_at, updatedAt: updated_at };
}

function changeOf({ change_revision, at, ops }: ChangeRow): readonly LoggedChange[] {
  return change_revision === null ? [] : [{ revision: change_revision, at, ...readOps(ops) }];
}
