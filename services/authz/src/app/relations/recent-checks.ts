import type { Org, RequestContext } from '@lumo/tenancy';
import type { RelationCheck } from './check-relation.js';
import { storeIdOf } from './store-id.js';

/**
 * The last different checks of each store, in the memory of this process, to be asked again under another model. Another
 * process remembers its own, and a restart forgets them.
 */
export interface RecentChecks {
  remember(ctx: RequestContext, store: string | undefined, checks: readonly RelationCheck[]): void;
  /** Newest first. */
  of(ctx: RequestContext, store: string | undefined): readonly RelationCheck[];
}

const PER_STORE = 500;
const MAX_STORES = 200;
/** Of one batch: the rest is like it. */
const PER_BATCH = 20;
/** Characters of a check as JSON. With the numbers above, some 100 MB at the very most, and a few in an ordinary life. */
const MAX_CHECK = 1_000;

export function createRecentChecks(): RecentChecks {
  const stores = new Map<string, Map<string, RelationCheck>>();

  function checksOf(name: string): Map<string, RelationCheck> {
    const known = stores.get(name);
    if (known) return known;
    const checks = new Map<string, RelationCheck>();
    stores.set(name, checks);
    if (stores.size > MAX_STORES) stores.delete(firstKey(stores));
    return checks;
  }

  return {
    remember({ org }, store, checks) {
      if (!org) return;
      const known = checksOf(nameOf(org, store));
      for (const { object, relation, subject, context, contextualTuples } of checks.slice(0, PER_BATCH)) {
        const isPlain = !context && !contextualTuples;
        const key = isPlain
          ? `${object}\0${relation}\0${subject}`
          : JSON.stringify([object, relation, subject, context, contextualTuples]);
        if (key.length > MAX_CHECK || known.has(key)) continue;
        known.set(key, {
          ...{ object, relation, subject },
          ...(context && { context }),
          ...(contextualTuples && { contextualTuples }),
        });
        if (known.size > PER_STORE) known.delete(firstKey(known));
      }
    },
    of: ({ org }, store) => (org ? [...(stores.get(nameOf(org, store))?.values() ?? [])].reverse() : []),
  };
}

/** Remembers what an operation was asked and could decide. */
export function remembering<Q extends { readonly store?: string }, A>(
  recent: RecentChecks,
  checksOf: (question: Q) => readonly RelationCheck[],
  operation: (ctx: RequestContext, question: Q) => Promise<A>,
): (ctx: RequestContext, question: Q) => Promise<A> {
  return async (ctx, question) => {
    const answer = await operation(ctx, question);
    recent.remember(ctx, question.store, checksOf(question));
    return answer;
  };
}

function nameOf(org: Org, store: string | undefined): string {
  return `${org.id} ${storeIdOf(org, store)}`;
}

function firstKey(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value ?? '';
}
