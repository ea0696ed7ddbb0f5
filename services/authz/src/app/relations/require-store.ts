import type { Org } from '@lumo/tenancy';
import type { StoreRecord, StoreRecords } from '../../relation-ports.js';
import { defaultStoreId, modelNotFound, storeNotFound } from './store-id.js';

/** The store, which its first model must have made where it is the organization's own. */
export async function requireStore(
  records: Pick<StoreRecords, 'store'>,
  org: Org,
  storeId: string,
): Promise<StoreRecord> {
  const store = await records.store(storeId);
  if (store) return store;
  throw storeId === defaultStoreId(org) ? modelNotFound() : storeNotFound();
}

/** A store as the target of an event. */
export function storeTarget({ id, name }: Pick<StoreRecord, 'id' | 'name'>) {
  return { type: 'relation_store', id, name };
}
