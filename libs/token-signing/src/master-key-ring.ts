import { DomainError } from '@lumo/kit';
import type { MasterKey } from './master-key.js';

/** The current master key and those before it: values are sealed with the current one and opened with their own. */
export interface MasterKeyRing {
  readonly current: MasterKey;
  /** @throws DomainError `internal`/`master_key_unknown` when no key of the ring has this id */
  open(masterKeyId: string, sealed: Uint8Array, context: string): Buffer;
}

/** `previous`: the master keys whose ciphertexts may still stand in the database. */
export function createMasterKeyRing(current: MasterKey, previous: readonly MasterKey[] = []): MasterKeyRing {
  const byId = new Map([...previous, current].map((key) => [key.id, key]));
  return {
    current,
    open(masterKeyId, sealed, context) {
      const key = byId.get(masterKeyId);
      if (!key) {
        throw new DomainError(
          'internal',
          'master_key_unknown',
          'A stored secret was sealed with a master key that this installation does not have. Start it with that key.',
          { details: { master_key_id: masterKeyId } },
        );
      }
      return key.open(sealed, context);
    },
  };
}
