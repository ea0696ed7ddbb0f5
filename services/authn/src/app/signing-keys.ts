import { createPrivateKey, type KeyObject } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import { type RequestContext, requireOrg } from '@lumo/tenancy';
import type { KeySets, SigningAlgorithm, SigningKey } from '@lumo/token-signing';

interface Deps {
  readonly keySets: Pick<KeySets, 'keys' | 'active' | 'succeed' | 'remove'>;
}

export interface ImportSigningKey {
  readonly alg: SigningAlgorithm;
  /** PKCS #8 or SEC 1 in PEM, or a private JWK (RFC 7517). */
  readonly privateKey: string | Readonly<Record<string, unknown>>;
  readonly atOnce: boolean;
}

/** Every published key of the org, those that sign first. */
export function listSigningKeys({ keySets }: Pick<Deps, 'keySets'>) {
  return async (_ctx: RequestContext): Promise<readonly SigningKey[]> => {
    const order = { active: 0, next: 1, retired: 2 } as const;
    const keys = await keySets.keys(requireOrg().id);
    return [...keys].sort((a, b) => order[a.state] - order[b.state] || a.createdAt.getTime() - b.createdAt.getTime());
  };
}

/** Makes a successor for the active key of an algorithm; of the org's own where none is named. */
export function rotateSigningKey({ keySets }: Deps) {
  return async (
    _ctx: RequestContext,
    { alg, atOnce }: { readonly alg?: SigningAlgorithm; readonly atOnce: boolean },
  ): Promise<SigningKey> => {
    const { id } = requireOrg();
    return keySets.succeed(id, { alg: alg ?? (await keySets.active(id)).alg, atOnce });
  };
}

/** Brings a private key that was made elsewhere, so that an org can move here and keep its key. */
export function importSigningKey({ keySets }: Deps) {
  return (_ctx: RequestContext, { alg, privateKey, atOnce }: ImportSigningKey): Promise<SigningKey> => {
    const pkcs8 = readKey(privateKey).export({ format: 'der', type: 'pkcs8' });
    return keySets.succeed(requireOrg().id, { alg, pkcs8, atOnce });
  };
}

/** Takes a key that does not sign out of the key set at once. */
export function removeSigningKey({ keySets }: Deps) {
  return (_ctx: RequestContext, kid: string): Promise<void> => keySets.remove(requireOrg().id, kid);
}

function readKey(privateKey: ImportSigningKey['privateKey']): KeyObject {
  try {
    return typeof privateKey === 'string'
      ? createPrivateKey({ key: privateKey, format: 'pem' })
      : createPrivateKey({ key: privateKey, format: 'jwk' });
  } catch {
    // The library's message may quote the key.
    throw new DomainError(
      'invalid',
      'invalid_signing_key',
      'privateKey is neither an unencrypted private key in PEM nor a private JWK.',
    );
  }
}
