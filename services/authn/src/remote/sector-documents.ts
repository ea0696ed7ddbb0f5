import type { Egress } from '@lumo/service';
import type { SectorDocuments } from '../registration-ports.js';

/** Called when a client is registered or changed, and never while a person signs in. */
export function createSectorDocuments(egress: Egress): SectorDocuments {
  return {
    async read(uri) {
      const answer = await egress.fetch(uri, { purpose: 'sector_identifier', accept: ['application/json'] });
      const list = answer.ok ? answer.value.json() : undefined;
      return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
    },
  };
}
