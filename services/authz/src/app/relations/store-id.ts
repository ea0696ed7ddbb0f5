import { DomainError } from '@lumo/kit';
import type { Org } from '@lumo/tenancy';
import { isUlid, ulidOfUuid } from './ulid.js';

/** Names a store; absent: the one that every organization has. */
export interface StoreTarget {
  readonly store?: string;
}

/** Made once for each organization: every question asks for it. Forgotten all at once, because making them anew is cheap. */
const ids = new Map<string, string>();
const REMEMBERED = 10_000;

/** Known without a look-up; its row comes with the first model. */
export function defaultStoreId({ id }: Org): string {
  const known = ids.get(id);
  if (known !== undefined) return known;
  const made = ulidOfUuid(id);
  if (ids.size >= REMEMBERED) ids.clear();
  ids.set(id, made);
  return made;
}

export function storeIdOf(org: Org, store: string | undefined): string {
  if (store === undefined) return defaultStoreId(org);
  if (!isUlid(store)) throw storeNotFound();
  return store;
}

export function storeNotFound(): DomainError {
  return new DomainError('not_found', 'store_not_found', 'This organization has no such store.');
}

export function modelNotFound(modelId?: string): DomainError {
  return new DomainError(
    'not_found',
    'model_not_found',
    modelId === undefined
      ? 'This store has no model yet. Write one first; it says which relations there are.'
      : 'This store has no such model.',
  );
}
