import type { RelationStore } from '../relation-ports.js';
import { createModelRecords } from './model-records.js';
import type { Executor } from './paging.js';
import { createStoreRecords } from './store-records.js';
import { createTupleRecords } from './tuple-records.js';

/** Tuples, models and stores over a pool or over one transaction. */
export function createRelationStore(db: Executor): RelationStore {
  return { ...createStoreRecords(db), ...createModelRecords(db), ...createTupleRecords(db) };
}
