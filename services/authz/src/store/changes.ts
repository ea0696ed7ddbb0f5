import type { Database } from '@lumo/database';
import { isDomainError } from '@lumo/kit';
import type { NewEvent, Outbox } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';
import { sql, type Transaction } from 'kysely';
import type { GraphOp } from '../core/rbac/graph-change.js';
import type { Changes, Stores, Work } from '../ports.js';
import { createAssignmentStore } from './assignment-store.js';
import { CURRENT_ORG, KEPT_CHANGES } from './graph-store.js';
import type { Executor } from './paging.js';
import { createPeopleStore } from './people-store.js';
import { createPermissionStore } from './permission-store.js';
import { createRoleStore } from './role-store.js';
import type { AuthzTables } from './tables.js';

/** The stores over a pool (each statement on its own) or over one transaction. */
export function createStores(db: Executor): Stores {
  return {
    permissions: createPermissionStore(db),
    roles: createRoleStore(db),
    assignments: createAssignmentStore(db),
    people: createPeopleStore(db),
  };
}

/** Who wants to know of commits in this process. */
export interface CommitListener {
  /** The org is at this revision at least. */
  committed(orgId: string, revision: number): void;
  /** It is not known whether the last change was committed. */
  uncertain(orgId: string): void;
}

export function createChanges(options: {
  readonly database: Database<AuthzTables>;
  readonly outbox: Outbox;
  readonly listener: CommitListener;
}): Changes {
  const { database, outbox, listener } = options;

  async function inside<T>(tx: Transaction<AuthzTables>, change: (work: Work) => Promise<T>) {
    // First of all, so that whoever else changes this org waits here: what `change` reads stays true until the commit.
    const revision = await moveRevision(tx);
    const ops: GraphOp[] = [];
    const events: NewEvent[] = [];
    const value = await change({
      ...createStores(tx),
      record: (...more) => void ops.push(...more),
      announce: (...more) => void events.push(...more),
    });
    await tx
      .insertInto('graph_changes')
      .values({ revision, ops: JSON.stringify(ops) })
      .execute();
    await tx
      .deleteFrom('graph_changes')
      .where('revision', '<=', revision - KEPT_CHANGES)
      .execute();
    await outbox.append(tx, ...events);
    return { value, revision };
  }

  return {
    async run(change) {
      const org = requireOrg();
      try {
        const { value, revision } = await database.db.transaction().execute((tx) => inside(tx, change));
        listener.committed(org.id, revision);
        return value;
      } catch (error) {
        // A refusal rolled back. Anything else may have been a connection that broke after COMMIT was sent.
        if (!isDomainError(error) || error.kind === 'unavailable') listener.uncertain(org.id);
        throw error;
      }
    },
    async within(tx, change) {
      const { value } = await inside(tx, change);
      return value;
    },
  };
}

async function moveRevision(tx: Transaction<AuthzTables>): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    insert into graph_revisions (org, revision, changed_in) values (${CURRENT_ORG}, 1, pg_current_xact_id())
    on conflict (org) do update set revision = graph_revisions.revision + 1, changed_in = excluded.changed_in
    returning revision
  `.execute(tx);
  const [row] = rows;
  if (!row) throw new Error('an insert that returns has a row');
  return row.revision;
}
