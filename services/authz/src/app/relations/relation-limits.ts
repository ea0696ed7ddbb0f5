/** What one request, one store and one organization may ask for. */
export const RELATION_LIMITS = {
  tuplesPerWrite: 1_000,
  preconditionsPerWrite: 50,
  checksPerBatch: 1_000,
  contextualTuples: 100,
  tuplesPerPage: 1_000,
  changesPerPage: 1_000,
  /** Unless a list says how many. */
  idsPerPage: 1_000,
  idsPerList: 50_000,
  storesPerOrg: 100,
  modelsPerStore: 10_000,
  idempotencyKey: 255,
  watchersPerOrg: 100,
} as const;
