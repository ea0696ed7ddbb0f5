import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { EpochStore } from '../relation-ports.js';
import type { Executor } from './paging.js';

/** The one row of `storage_epoch`. */
export function createEpochStore(db: Executor): EpochStore {
  async function read(): Promise<{ readonly epoch: string; readonly system_identifier: string } | undefined> {
    return db.selectFrom('storage_epoch').select(['epoch', 'system_identifier']).executeTakeFirst();
  }

  async function replace(former: string | undefined, system: string): Promise<void> {
    const epoch = randomBytes(8).toString('hex');
    // Of several processes that notice at the same time one begins the epoch and all use it.
    if (former === undefined) {
      await db
        .insertInto('storage_epoch')
        .values({ epoch, system_identifier: system })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    } else {
      await db
        .updateTable('storage_epoch')
        .set({ epoch, system_identifier: system, begun_at: sql`now()` })
        .where('epoch', '=', former)
        .execute();
    }
  }

  async function system(): Promise<string> {
    const { rows } = await sql<{ id: string }>`
      select system_identifier::text as id from pg_control_system()
    `.execute(db);
    return rows[0]?.id ?? '';
  }

  return {
    async current() {
      const [found, here] = await Promise.all([read(), system()]);
      if (found?.system_identifier === here) return found.epoch;
      await replace(found?.epoch, here);
      return (await read())?.epoch ?? this.current();
    },
    async succeed(former) {
      await replace(former, await system());
      return this.current();
    },
  };
}
