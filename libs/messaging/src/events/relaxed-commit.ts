import { type RawBuilder, sql } from 'kysely';

/**
 * For the FROM of a statement: its transaction commits without waiting for the disk (`synchronous_commit`). A crash of
 * PostgreSQL, not of a process of ours, can lose it as long as no later transaction has waited. Used where that is no
 * loss: activity, marks that are forgotten, and what is applied from an outbox of the same server (deleting it from the
 * outbox waits for the disk, and the log is written in order).
 */
export const relaxedCommit: RawBuilder<unknown> = sql`(select set_config('synchronous_commit', 'off', true)) as relaxed`;
