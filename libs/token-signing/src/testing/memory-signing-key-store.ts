import type { SigningKey } from '../signing-key.js';
import type { KeyChange, SigningKeyStore } from '../signing-key-store.js';

/** A signing-key store in memory: for tests, and the reference for the contract suite. */
export function createMemorySigningKeyStore(): SigningKeyStore {
  const orgs = new Map<string, readonly SigningKey[]>();
  const tails = new Map<string, Promise<unknown>>();
  const list = (orgId: string) => orgs.get(orgId) ?? [];

  return {
    list: async (orgId) => list(orgId),
    change(orgId, decide) {
      const turn = (tails.get(orgId) ?? Promise.resolve()).then(async () => {
        const changes = await decide(list(orgId));
        orgs.set(orgId, changes.reduce(applyChange, list(orgId)));
        return list(orgId);
      });
      tails.set(
        orgId,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}

function applyChange(keys: readonly SigningKey[], change: KeyChange): readonly SigningKey[] {
  switch (change.change) {
    case 'insert':
      return [...keys, change.key];
    case 'update':
      return keys.map((key) => (key.kid === change.key.kid ? change.key : key));
    case 'reseal':
      return keys.map((key) => (key.kid === change.kid ? { ...key, privateKey: change.privateKey } : key));
    case 'remove':
      return keys.filter((key) => key.kid !== change.kid);
  }
}
