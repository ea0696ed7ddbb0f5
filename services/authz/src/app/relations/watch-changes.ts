import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { RelationTuple } from '../../core/rebac/tuple.js';
import type { LoggedChange } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { BellListener } from './bells.js';
import { changesPruned } from './read-changes.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { defaultStoreId, type StoreTarget, storeIdOf, storeNotFound } from './store-id.js';

export interface WatchChanges extends StoreTarget {
  /** A token: everything after the state that it names. `now`: everything from here on. */
  readonly after: string;
  /** Only tuples whose objects are of these types. */
  readonly objectTypes?: readonly string[];
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

export type WatchedChange =
  | {
      readonly kind: 'change';
      readonly revision: number;
      readonly at: Date;
      readonly writes: readonly RelationTuple[];
      readonly deletes: readonly RelationTuple[];
      /** The model that counts from this revision on, where the change wrote one. */
      readonly modelId?: string;
      /** Of this revision: a watch that goes on after it misses nothing and repeats nothing. */
      readonly token: string;
    }
  /** At the beginning, and where nothing happened for a while: everything up to `token` was said. */
  | { readonly kind: 'heartbeat'; readonly revision: number; readonly token: string };

type Deps = Pick<AuthzDeps, 'relations' | 'clock'>;

const CHANGES_PER_READING = 50;
const HEARTBEAT_MS = 15_000;

/**
 * Every change of a store, in the order of commits, each once, as soon as it is known. The changes come from the log in the
 * database; what wakes the watch only saves time.
 */
export function watchChanges({ relations, clock }: Deps) {
  /** Open watches by organization. */
  const open = new Map<string, number>();

  return async function* (ctx: RequestContext, query: WatchChanges): AsyncGenerator<WatchedChange, void, undefined> {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, query.store);
    const { graphs, records } = relations;
    const { after, objectTypes, signal } = query;
    const watching = open.get(org.id) ?? 0;
    if (watching >= RELATION_LIMITS.watchersPerOrg) throw tooMany();
    open.set(org.id, watching + 1);
    let bell: BellListener | undefined;
    try {
      bell = await graphs.listen(org);
      let revision = after === 'now' ? await records.revision() : await graphs.revisionOf(org, after);
      let saidMs = Number.NEGATIVE_INFINITY;
      let mayHaveChanged = true;
      while (!signal.aborted) {
        if (mayHaveChanged) {
          const reading = await records.changes(storeId, {
            after: revision,
            limit: CHANGES_PER_READING,
            ...(objectTypes && { objectTypes }),
          });
          if (!reading && storeId !== defaultStoreId(org)) throw storeNotFound();
          if (reading && revision < reading.store.pruned) throw changesPruned();
          for (const change of reading?.changes ?? []) {
            if (signal.aborted) return;
            revision = change.revision;
            saidMs = clock.now();
            yield { kind: 'change', ...only(change, objectTypes), token: await graphs.tokenAt(org, revision) };
          }
          if (reading?.more) continue;
          revision = Math.max(revision, reading?.revision ?? 0);
        }
        if (clock.now() - saidMs >= HEARTBEAT_MS) {
          saidMs = clock.now();
          yield { kind: 'heartbeat', revision, token: await graphs.tokenAt(org, revision) };
        }
        mayHaveChanged = await bell.changeAfter(revision, signal);
      }
    } finally {
      bell?.close();
      const left = (open.get(org.id) ?? 1) - 1;
      if (left > 0) open.set(org.id, left);
      else open.delete(org.id);
    }
  };
}

function only({ revision, at, writes, deletes, modelId }: LoggedChange, objectTypes: readonly string[] | undefined) {
  const isWatched = ({ object }: RelationTuple) =>
    !objectTypes || objectTypes.includes(object.slice(0, object.indexOf(':')));
  return {
    revision,
    at,
    writes: writes.filter(isWatched),
    deletes: deletes.filter(isWatched),
    ...(modelId !== undefined && { modelId }),
  };
}

function tooMany(): DomainError {
  return new DomainError(
    'exhausted',
    'too_many_requests',
    `An organization can have at most ${RELATION_LIMITS.watchersPerOrg} watches at a time.`,
    { retryAfterSeconds: 5 },
  );
}
