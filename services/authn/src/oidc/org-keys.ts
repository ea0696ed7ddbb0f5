import type { Platform } from '@lumo/service';
import { requireOrg } from '@lumo/tenancy';
import { createDecryptionKey, createSenderConstraint, dpopNonceLabel } from '@lumo/token-signing';
import { LRUCache } from 'lru-cache';
import type { OrgSecrets } from '../oidc-ports.js';
import type { RecentOrgConfig } from '../store/recent-org-config.js';
import type { EngineDeps, OrgKeys } from './engine-deps.js';
import { createPairwiseSubject } from './pairwise.js';

const MAX_ORGS = 5_000;

/** Keys that must stay the same for an org whatever becomes of the master key: they are made of stored secrets. */
export function createOrgKeys(secrets: OrgSecrets): () => Promise<OrgKeys> {
  const known = new LRUCache<string, Promise<OrgKeys>>({ max: MAX_ORGS });
  const make = async (): Promise<OrgKeys> => {
    const [salt, seed] = await Promise.all([secrets.of('pairwise-subjects'), secrets.of('request-encryption')]);
    return { pairwise: createPairwiseSubject(salt), decryption: createDecryptionKey(seed) };
  };
  return () => {
    const { id } = requireOrg();
    const before = known.get(id);
    if (before) return before;
    const made = make();
    known.set(id, made);
    made.catch(() => known.delete(id));
    return made;
  };
}

/** What is asked where somebody must prove to hold a key. Marks of used proofs live for minutes, so they are no rows. */
export function createSenderParts(
  { ephemeral, masterKey, clock }: Pick<Platform, 'ephemeral' | 'masterKey' | 'clock'>,
  orgConfig: RecentOrgConfig,
): Pick<EngineDeps, 'replay' | 'senders' | 'dpopNonceSecret'> {
  const replay: EngineDeps['replay'] = { first: (key, ttlSeconds) => ephemeral.add(key, '', ttlSeconds) };
  const dpopNonceSecret = (orgId: string) => masterKey.derive(dpopNonceLabel(orgId));
  const senders = createSenderConstraint({
    replay,
    clock,
    nonceSecret: dpopNonceSecret,
    requiresNonce: async () => (await orgConfig.read())?.settings.security.dpopRequireNonce ?? false,
  });
  return { replay, senders, dpopNonceSecret };
}
