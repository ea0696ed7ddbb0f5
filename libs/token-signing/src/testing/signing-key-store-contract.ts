import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { SigningKey } from '../signing-key.js';
import type { SigningKeyStore } from '../signing-key-store.js';

/** What a store under test needs: itself, and orgs whose rows may be written (an adapter may have to create them). */
export interface SigningKeyStoreFixture {
  readonly store: SigningKeyStore;
  newOrg(): Promise<string>;
}

/** What every `SigningKeyStore` guarantees. `fixture` is called once per case. */
export function signingKeyStoreContract(name: string, fixture: () => Promise<SigningKeyStoreFixture>): void {
  describe(`SigningKeyStore: ${name}`, () => {
    it('an org without keys has an empty list', async () => {
      const { store, newOrg } = await fixture();
      assert.deepEqual(await store.list(await newOrg()), []);
    });

    it('keeps every member of a key: dates, ciphertext and public key', async () => {
      const { store, newOrg } = await fixture();
      const org = await newOrg();
      const key = sampleKey();
      const returned = await store.change(org, async () => [{ change: 'insert', key }]);
      assert.deepEqual(returned.map(plain), [plain(key)]);
      assert.deepEqual((await store.list(org)).map(plain), [plain(key)]);
    });

    it('updates, seals again and removes', async () => {
      const { store, newOrg } = await fixture();
      const org = await newOrg();
      const [first, second] = [sampleKey(), sampleKey()];
      await store.change(org, async () => [
        { change: 'insert', key: first },
        { change: 'insert', key: second },
      ]);
      const retired = { ...first, state: 'retired', retiredAt: new Date(5000), expiresAt: new Date(9000) } as const;
      const privateKey = { masterKeyId: 'ffffffffffff', sealed: Uint8Array.of(9, 9) };
      await store.change(org, async () => [
        { change: 'update', key: retired },
        { change: 'reseal', kid: second.kid, privateKey },
      ]);
      const after = new Map((await store.list(org)).map((key) => [key.kid, plain(key)]));
      assert.deepEqual(after.get(first.kid), plain(retired));
      assert.deepEqual(after.get(second.kid), plain({ ...second, privateKey }));
      const left = await store.change(org, async () => [{ change: 'remove', kid: first.kid }]);
      assert.deepEqual(
        left.map((key) => key.kid),
        [second.kid],
      );
    });

    it('hands the keys of this org, and only these, to the decision', async () => {
      const { store, newOrg } = await fixture();
      const [one, other] = [await newOrg(), await newOrg()];
      const key = sampleKey();
      await store.change(one, async () => [{ change: 'insert', key }]);
      const seen: string[] = [];
      for (const org of [one, other]) {
        await store.change(org, async (keys) => {
          seen.push(`${org}:${keys.map(({ kid }) => kid).join()}`);
          return [];
        });
      }
      assert.deepEqual(seen, [`${one}:${key.kid}`, `${other}:`]);
    });

    it('writes nothing when the decision throws', async () => {
      const { store, newOrg } = await fixture();
      const org = await newOrg();
      const refusal = new Error('no');
      await assert.rejects(
        store.change(org, () => Promise.reject(refusal)),
        refusal,
      );
      assert.deepEqual(await store.list(org), []);
    });

    it('two changes at once decide one after the other', async () => {
      const { store, newOrg } = await fixture();
      const org = await newOrg();
      const firstKeyOnly = async (keys: readonly SigningKey[]) => {
        await new Promise((resolve) => setImmediate(resolve));
        return keys.length === 0 ? [{ change: 'insert', key: sampleKey() } as const] : [];
      };
      await Promise.all([1, 2, 3, 4].map(() => store.change(org, firstKeyOnly)));
      assert.equal((await store.list(org)).length, 1);
    });
  });
}

function sampleKey(): SigningKey {
  const kid = `sig_${randomUUID()}`;
  return {
    kid,
    alg: 'ES256',
    state: 'active',
    publicJwk: { kty: 'EC', kid, alg: 'ES256', use: 'sig', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) },
    privateKey: { masterKeyId: '0123456789ab', sealed: Uint8Array.of(0, 1, 2, 255) },
    createdAt: new Date(1_760_000_000_123),
    activatedAt: new Date(1_760_000_001_456),
    retiredAt: null,
    expiresAt: null,
  };
}

/** Drivers may return a Buffer where a Uint8Array was written; the bytes are what counts. */
function plain(key: SigningKey): unknown {
  const { masterKeyId, sealed } = key.privateKey;
  return { ...key, privateKey: { masterKeyId, sealed: Buffer.from(sealed).toString('hex') } };
}
