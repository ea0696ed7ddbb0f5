import type { SealedPrivateKey, SigningKey } from './signing-key.js';

/** A change to an org's stored keys. */
export type KeyChange =
  | { readonly change: 'insert'; readonly key: SigningKey }
  | { readonly change: 'update'; readonly key: SigningKey }
  | { readonly change: 'reseal'; readonly kid: string; readonly privateKey: SealedPrivateKey }
  | { readonly change: 'remove'; readonly kid: string };

/** Where the signing keys of the orgs live. */
export interface SigningKeyStore {
  /** Every key of the org, in any order; empty for an org that has none. */
  list(orgId: string): Promise<readonly SigningKey[]>;

  /**
   * Reads the org's keys, lets `decide` say what changes, and writes that: in one transaction that excludes every other
   * `change` of the same org (a lock on the org's row will do). Two processes that rotate at the same moment therefore
   * never both create the first key. Returns the keys as they are afterwards. Nothing is written when `decide` throws
   * or returns no change.
   */
  change(
    orgId: string,
    decide: (keys: readonly SigningKey[]) => Promise<readonly KeyChange[]>,
  ): Promise<readonly SigningKey[]>;
}
