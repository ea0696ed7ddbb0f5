// Seam: oidc-provider looks whether a `jti` is known and then stores it, so that parallel requests all find nothing. Here one
// atomic step in the store that every process shares does both; it serves client assertions and DPoP proofs alike.
import { hash } from 'node:crypto';
import type { ReplayMarks } from '@lumo/token-signing';
import type Provider from 'oidc-provider';

export function markOnce(provider: Provider, replay: ReplayMarks, nowMs: () => number): void {
  const unique = (issuer: string, jti: string, exp: number): Promise<boolean> => {
    const mark = hash('sha256', JSON.stringify([issuer, jti]), 'base64url');
    return replay.first(`jti:${mark}`, Math.max(1, exp - Math.floor(nowMs() / 1000)));
  };
  Object.assign(provider.ReplayDetection, { unique });
}
