import { sql } from 'kysely';
import type { PeopleStore } from '../ports.js';
import type { Executor } from './paging.js';

export function createPeopleStore(db: Executor): PeopleStore {
  return {
    async resolve(references) {
      const { rows } = await sql<{ reference: string; id: string }>`
        select reference, people.id from unnest(${references}::text[]) as reference
          join people on people.id = reference where deleted_at is null
        union
        select reference, people.id from unnest(${references}::text[]) as reference
          join people on lower(people.email) = lower(reference) where deleted_at is null
      `.execute(db);
      // An address that two people seem to have (one change of address is still on its way) names nobody.
      const found = Map.groupBy(rows, ({ reference }) => reference);
      return new Map(
        [...found].flatMap(([reference, [first, ...others]]) =>
          first && others.length === 0 ? [[reference, first.id] as const] : [],
        ),
      );
    },
    async put({ id, occurredAt, email, username, name, facts = {} }) {
      // Events come in any order: a newer one replaces what it mentions, an older one only fills what nobody mentioned.
      const merged = (column: 'email' | 'username' | 'name', value: string | null | undefined) =>
        sql<string | null>`case when people.as_of <= ${occurredAt} and ${value !== undefined}
          then ${value ?? null} else coalesce(people.${sql.ref(column)}, ${value ?? null}) end`;
      await db
        .insertInto('people')
        .values({
          id,
          email: email ?? null,
          username: username ?? null,
          name: name ?? null,
          facts: JSON.stringify(facts),
          as_of: occurredAt,
          deleted_at: null,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['org_id', 'id'])
            .doUpdateSet({
              email: merged('email', email),
              username: merged('username', username),
              name: merged('name', name),
              // The same, for each fact that the event mentions.
              facts: sql<string>`case when people.as_of <= ${occurredAt} then people.facts || excluded.facts
                else excluded.facts || people.facts end`,
              as_of: sql<Date>`greatest(people.as_of, ${occurredAt}::timestamptz)`,
            })
            .where('people.deleted_at', 'is', null),
        )
        .execute();
    },
    async bury(id, deletedAt) {
      const gone = { email: null, username: null, name: null, facts: '{}', as_of: deletedAt, deleted_at: deletedAt };
      await db
        .insertInto('people')
        .values({ id, ...gone })
        .onConflict((conflict) => conflict.columns(['org_id', 'id']).doUpdateSet(gone))
        .execute();
    },
    async forgetBuried(before) {
      await db.deleteFrom('people').where('deleted_at', '<', before).execute();
    },
  };
}
