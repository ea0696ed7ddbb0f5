import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isSigningAlgorithm } from './algorithms.js';
import { importVerificationKey } from './verification-key.js';
import { verifyCompact } from './verify-compact.js';

interface Vectors {
  readonly testGroups: readonly {
    readonly public?: { readonly kty: string; readonly alg?: string };
    readonly private: { readonly kty: string; readonly alg?: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly jws: unknown;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

const FILE = fileURLToPath(
  new URL('../../../../shared/cases/jose/wycheproof-json_web_signature_test.json', import.meta.url),
);

/** RFC 7520 figure 20 is signed with PS384, and these vectors give it a key for PS256: an alg confusion to us. */
const OTHER_ALG_THAN_KEY = [346, 350];

const absent = existsSync(FILE) ? false : 'Wycheproof vectors (../shared/cases/jose) are not here';

describe('Wycheproof JSON Web Signature vectors', { skip: absent }, () => {
  if (absent) return;
  const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;
  for (const group of vectors.testGroups) {
    const jwk = group.public ?? group.private;
    for (const { tcId, comment, jws, result } of group.tests) {
      // We verify with public keys of four algorithms: everything else is refused, however valid it is elsewhere.
      const ours = jwk.kty !== 'oct' && isSigningAlgorithm(jwk.alg) && !OTHER_ALG_THAN_KEY.includes(tcId);
      const expected = ours ? result : 'invalid';
      it(`${tcId} ${jwk.alg ?? jwk.kty} ${comment}: ${expected}`, async () => {
        const key = await importVerificationKey(jwk);
        const token = typeof jws === 'string' ? jws : JSON.stringify(jws);
        const verified = key !== undefined && (await verifyCompact(token, key)).ok;
        assert.equal(verified ? 'valid' : 'invalid', expected);
      });
    }
  }
});
