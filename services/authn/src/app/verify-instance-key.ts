import { timingSafeEqual } from 'node:crypto';
import type { DirectoryDeps } from './directory-deps.js';

/** Whether this is the hash of the key of the instance operator, who stands above all orgs. */
export function verifyInstanceKey({ instanceKeySha256 }: Pick<DirectoryDeps, 'instanceKeySha256'>) {
  return (sha256: Buffer): boolean =>
    sha256.length === instanceKeySha256.length && timingSafeEqual(sha256, instanceKeySha256);
}
