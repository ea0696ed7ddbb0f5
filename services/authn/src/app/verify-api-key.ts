import { type RequestContext, runInContext } from '@lumo/tenancy';
import { type ApiKey, isKeyUsable } from '../core/api-key.js';
import type { OrgRecord } from '../core/org.js';
import type { DirectoryDeps } from './directory-deps.js';

export interface VerifiedApiKey {
  readonly org: Pick<OrgRecord, 'id' | 'slug' | 'name'>;
  readonly apiKey: ApiKey;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'apiKeys'>;

/**
 * Finds the org and the rights of a key by the SHA-256 of the key. Undefined for every key that is not usable: unknown,
 * expired, or of a suspended org.
 */
export function verifyApiKey({ clock, apiKeys }: Deps) {
  return async (ctx: RequestContext, sha256: Buffer): Promise<VerifiedApiKey | undefined> => {
    const org = await apiKeys.findOrg(sha256);
    if (org?.status !== 'active') return undefined;
    const now = new Date(clock.now());
    const inOrg = { ...ctx, org: { id: org.id, slug: org.slug } };
    const apiKey = await runInContext(inOrg, async () => {
      const found = await apiKeys.byHash(sha256);
      if (!found || !isKeyUsable(found, now)) return undefined;
      await apiKeys.touch(found.keyId, now);
      return found;
    });
    return apiKey && { org, apiKey };
  };
}
