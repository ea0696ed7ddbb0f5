import { type Kysely, sql } from 'kysely';
import type { LoginFailures } from '../ports.js';
import type { AuthnTables } from '../tables.js';

/** Counts in one statement for each step, so that parallel guesses cannot share a count. */
export function createLoginFailureStore(db: Kysely<AuthnTables>): LoginFailures {
  return {
    async read(subject, now) {
      const row = await db
        .selectFrom('login_failures')
        .select('locked_until')
        .where('subject', '=', subject)
        .where('forget_at', '>', now)
        .executeTakeFirst();
      const lock = row?.locked_until;
      return { hasFailures: row !== undefined, ...(lock && lock.getTime() > now.getTime() && { lockedUntil: lock }) };
    },
    async add(tx, subject, now, { maxFailures, lockSeconds }) {
      // Guesses at logins that name nobody leave rows behind: each failure removes a few that are forgotten.
      await sql`delete from login_failures where subject in (
        select subject from login_failures
         where forget_at <= ${now} and subject <> ${subject} limit 10 for update skip locked)`.execute(tx);
      const lockEnd = new Date(now.getTime() + lockSeconds * 1000);
      // A count that was forgotten, or whose lock ran out, starts again at one. A lock in force stays as it is.
      const { rows } = await sql<{ failures: number; locked_until: Date | null }>`
        insert into login_failures as f (subject, failures, locked_until, forget_at)
        values (${subject}, 1, ${maxFailures <= 1 ? lockEnd : null}, ${lockEnd})
        on conflict (org_id, subject) do update set
          failures = case when f.forget_at <= ${now} then 1 else f.failures + 1 end,
          locked_until = case
            when f.locked_until > ${now} then f.locked_until
            when (case when f.forget_at <= ${now} then 1 else f.failures + 1 end) >= ${maxFailures} then ${lockEnd}
          end,
          forget_at = case when f.locked_until > ${now} then f.forget_at else ${lockEnd} end
        returning failures, locked_until
      `.execute(tx);
      const row = rows[0];
      return { failures: row?.failures ?? 1, ...(row?.locked_until && { lockedUntil: row.locked_until }) };
    },
    async clear(tx, subject) {
      await tx.deleteFrom('login_failures').where('subject', '=', subject).execute();
    },
  };
}
