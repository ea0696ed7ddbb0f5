import { createHash } from 'node:crypto';
import { newId, newSecret } from '@lumo/kit';
import type { DirectoryDeps } from './directory-deps.js';

type Deps = Pick<DirectoryDeps, 'instanceKeys'>;

export function verifyInstanceKey({ instanceKeys }: Deps) {
  return (sha256: Buffer): Promise<{ readonly keyId: string; readonly name: string } | undefined> =>
    instanceKeys.byHash(sha256);
}

/** Makes a key of the instance operator; the first start does it. The key is shown once. */
export function createInstanceKey({ instanceKeys }: Deps) {
  return async (name: string): Promise<{ readonly keyId: string; readonly key: string }> => {
    const key = newSecret('lik');
    const keyId = newId('apiKey');
    await instanceKeys.insert({ keyId, name, sha256: createHash('sha256').update(key).digest() });
    return { keyId, key };
  };
}
