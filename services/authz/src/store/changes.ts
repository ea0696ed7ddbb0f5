import type { Database } from '@lumo/database';
import { isDomainError } from '@lumo/kit';
import type { NewEvent, Outbox } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';
import type { Transaction } from 'kysely';
import type { GraphOp } from '../core/rbac/graph-change.js';
import type { Changes, Commit, CommitListener, EngineName, Stores, Work } from '../ports.js';
import type { StoreChange } from '../relation-ports.js';
import { createAssertionStore } from './assertion-store.js';
import { createAssignmentStore } from './assignment-store.js';
import { lockRevision, moveRevision } from './graph-revision.js';
import { createIdempotencyStore } from './idempotency-store.js';
import type { Executor } from './paging.js';
import { createPeopleStore } from './people-store.js';
import { createPermissionStore } from './permission-store.js';
import { createPolicyStore } from './policy-store.js';
import { appendRelationChange } from './relation-changes.js';
import { createRelationStore } from './relation-store.js';
import { appendRoleStep } from './role-steps.js';
import { createRoleStore } from './role-store.js';
import type { AuthzTables } from './tables.js';

/** The stores over a pool (each statement on its own) or over one transaction. */
export function createStores(db: Executor): Stores {
  return {
    permissions: createPermissionStore(db),
    roles: createRoleStore(db),
    assignments: createAssignmentStore(db),
    people: createPeopleStore(db),
    assertions: createAssertionStore(db),
    policies: createPolicyStore(db),
  };
}

export function createChanges(options: {
  readonly database: Database<AuthzTables>;
  readonly outbox: Outbox;
  readonly listener: CommitListener;
}): Changes {
  const { database, outbox, listener } = options;

  async function inside<T>(tx: Transaction<AuthzTables>, change: (work: Work) => Promise<T>) {
    // First of all, so that whoever else changes this org waits here: what `change` reads stays true until the commit.
    const { revision: before, at } = await lockRevision(tx);
    const revision = before + 1;
    const touched = new Set<EngineName>();
    const ops: GraphOp[] = [];
    const relations: StoreChange[] = [];
    const events: NewEvent[] = [];
    const value = await change({
      ...createStores(tx),
      relations: createRelationStore(tx),
      idempotency: createIdempotencyStore(tx),
      revision: before,
      now: at,
      touch: (engine) => void touched.add(engine),
      record(...more) {
        if (more.length > 0) touched.add('roles');
        ops.push(...more);
      },
      recordRelations(step) {
        touched.add('relations');
        relations.push({ ...step, revision, at });
      },
      announce: (...more) => void events.push(...more),
    });
    if (touched.has('roles')) await appendRoleStep(tx, revision, ops);
    for (const step of relations) await appendRelationChange(tx, step);
    if (touched.size > 0) await moveRevision(tx, revision, touched);
    await outbox.append(tx, ...events);
    return { value, revision, touched, relations };
  }

  return {
    async run(change) {
      const org = requireOrg();
      try {
        const { value, ...done } = await database.db.transaction().execute((tx) => inside(tx, change));
        if (done.touched.size > 0) listener.committed({ orgId: org.id, ...done } satisfies Commit);
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
