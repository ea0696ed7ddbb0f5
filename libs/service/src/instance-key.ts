import type { MasterKey } from '@lumo/token-signing';

/**
 * The key of the instance operator, derived from the master key: whoever holds the one holds the other, nothing is
 * stored, and a new master key makes a new instance key.
 */
export function instanceKeyOf(masterKey: MasterKey): string {
  return `lik_${masterKey.derive('instance-key').toString('base64url')}`;
}
