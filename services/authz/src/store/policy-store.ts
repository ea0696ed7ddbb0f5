import type { PolicyStore } from '../policy-ports.js';
import { createAttributeDefinitions } from './attribute-definitions.js';
import { createAttributeValues } from './attribute-values.js';
import type { Executor } from './paging.js';
import { createPolicyRecords } from './policy-records.js';
import { createPolicySettings } from './policy-settings.js';

/** Policies, attributes and settings of decisions, over a pool or over one transaction. */
export function createPolicyStore(db: Executor): PolicyStore {
  return {
    ...createPolicyRecords(db),
    ...createAttributeDefinitions(db),
    ...createAttributeValues(db),
    ...createPolicySettings(db),
  };
}
