import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { DomainError, secret } from '@lumo/kit';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { SIGNATURE_SCHEMES, SIGNING_ALGORITHMS } from './algorithms.js';
import { createEncryptedKeyManagement } from './encrypted-key-management.js';
import { createKeySets, type KeySets } from './key-sets.js';
import { createMasterKey, type MasterKey } from './master-key.js';
import { createMasterKeyRing } from './master-key-ring.js';
import { DEFAULT_ROTATION_POLICY, type RotationPolicy } from './rotation-policy.js';
import type { SigningKeyStore } from './signing-key-store.js';
import { createMemorySigningKeyStore } from './testing/index.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const newMasterKey = () => createMasterKey(secret(randomBytes(32)));

interface Fixture {
  readonly sets: KeySets;
  readonly store: SigningKeyStore;
  readonly clock: { at: number; now(): number };
}

function fixture(
  policy: Partial<RotationPolicy> = {},
  ring = createMasterKeyRing(newMasterKey()),
  store = createMemorySigningKeyStore(),
): Fixture {
  const clock = { at: START, now: () => clock.at };
  const management = createEncryptedKeyManagement(ring);
  const policyOf = () => ({ ...DEFAULT_ROTATION_POLICY, ...policy });
  return { sets: createKeySets({ store, management, policyOf, clock }), store, clock };
}

function claims(clock: Fixture['clock']) {
  const iat = Math.floor(clock.at / 1000);
  return { iss: 'https://id.test/orgs/acme/api/v1', sub: 'u1', iat, exp: iat + 600 };
}

describe('KeySets', () => {
  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}: plain jose verifies what was minted, with nothing but the JWKS`, async () => {
      const { sets, clock } = fixture({ algs: [alg] });
      const token = await sets.mint('org-a', { typ: 'at+jwt', claims: claims(clock) });
      const jwks = await sets.jwks('org-a');
      const verified = await jwtVerify(token, createLocalJWKSet({ keys: [...jwks.keys] }), {
        issuer: 'https://id.test/orgs/acme/api/v1',
        typ: 'at+jwt',
        currentDate: new Date(clock.at),
      });
      assert.equal(verified.payload.sub, 'u1');
      assert.deepEqual(decodeProtectedHeader(token), { alg, typ: 'at+jwt', kid: jwks.keys[0]?.kid });
    });
  }

  it('a JWKS shows public members only', async () => {
    const { sets } = fixture({ algs: ['ES256', 'RS256', 'EdDSA'] });
    const { keys } = await sets.jwks('org-a');
    assert.deepEqual(
      keys.map((key) => [key.alg, Object.keys(key).sort().join()]),
      [
        ['ES256', 'alg,crv,kid,kty,use,x,y'],
        ['RS256', 'alg,e,kid,kty,n,use'],
        ['EdDSA', 'alg,crv,kid,kty,use,x'],
      ],
    );
  });

  it('concurrent first uses of an org make one key', async () => {
    const { sets, store } = fixture();
    const second = fixture({}, undefined, store).sets;
    const found = await Promise.all([sets.active('org-a'), second.active('org-a'), sets.active('org-a')]);
    assert.equal(new Set(found.map((key) => key.kid)).size, 1);
    assert.equal((await store.list('org-a')).length, 1);
  });

  it('orgs have different keys', async () => {
    const { sets } = fixture();
    assert.notEqual((await sets.active('org-a')).kid, (await sets.active('org-b')).kid);
  });

  it('a token outlives the rotation of its key, and the key goes when no token can live', async () => {
    const { sets, clock } = fixture();
    const first = (await sets.active('org-a')).kid;
    clock.at += 89 * DAY_MS;
    assert.deepEqual(
      (await sets.rotate('org-a')).map(({ step }) => step),
      ['create'],
    );
    assert.equal((await sets.active('org-a')).kid, first, 'the published successor does not sign yet');
    assert.equal((await sets.jwks('org-a')).keys.length, 2);

    clock.at += DAY_MS;
    assert.deepEqual(
      (await sets.rotate('org-a')).map(({ step }) => step),
      ['activate', 'retire'],
    );
    const second = (await sets.active('org-a')).kid;
    assert.notEqual(second, first);
    assert.deepEqual(
      (await sets.jwks('org-a')).keys.map(({ kid }) => kid),
      [second, first],
    );

    clock.at += 2 * DAY_MS;
    assert.equal((await sets.jwks('org-a')).keys.length, 1, 'an expired key is not shown even before it is removed');
    assert.deepEqual(await sets.rotate('org-a'), [{ step: 'remove', kid: first }]);
  });

  it('another process sees a rotation when its cache runs out, at once when told', async () => {
    const { sets, store, clock } = fixture();
    await sets.active('org-a');
    const other = createKeySets({
      store,
      management: { generate: fail, import: fail, sign: fail, publicKey: fail, reseal: fail },
      policyOf: () => DEFAULT_ROTATION_POLICY,
      clock,
    });
    assert.equal((await other.keys('org-a')).length, 1);
    clock.at += 89 * DAY_MS;
    await other.keys('org-a');
    await sets.rotate('org-a');
    assert.equal((await other.keys('org-a')).length, 1);
    other.forget('org-a');
    assert.equal((await other.keys('org-a')).length, 2);
  });

  it('signs for a library by kid; a key that does not sign, and the key of another org, are unknown', async () => {
    const { sets, clock } = fixture();
    const key = await sets.active('org-a');
    const input = Buffer.from('header.payload');
    const signature = await sets.sign('org-a', key.kid, input);
    const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' });
    assert.ok(verify('sha256', input, SIGNATURE_SCHEMES.ES256.input(publicKey), signature));

    const unknown = { kind: 'not_found', code: 'signing_key_not_found' };
    await assert.rejects(sets.sign('org-b', key.kid, input), unknown);
    clock.at += 89 * DAY_MS;
    await sets.rotate('org-a');
    const next = (await sets.keys('org-a')).find(({ state }) => state === 'next');
    assert.ok(next);
    await assert.rejects(sets.sign('org-a', next.kid, input), unknown);
  });

  it('a key signs for five minutes more after it retired, and no longer', async () => {
    const { sets, clock } = fixture();
    const { kid } = await sets.active('org-a');
    for (const days of [89, 1]) {
      clock.at += days * DAY_MS;
      await sets.rotate('org-a');
    }
    clock.at += 299_000;
    await sets.sign('org-a', kid, Buffer.from('x'));
    clock.at += 1000;
    await assert.rejects(sets.sign('org-a', kid, Buffer.from('x')), { code: 'signing_key_not_found' });
  });

  it('asks for an algorithm that the org has not: the refusal names those it has', async () => {
    const { sets } = fixture();
    await assert.rejects(sets.active('org-a', 'RS256'), (error: unknown) => {
      assert.ok(error instanceof DomainError && error.code === 'unsupported_signing_alg');
      assert.match(error.message, /RS256 key.*ES256/);
      return true;
    });
  });
});

describe('Succession by hand', () => {
  it('publishes first: the successor takes over when every verifier can know it', async () => {
    const { sets, clock } = fixture();
    const first = await sets.active('org-a');
    const next = await sets.succeed('org-a', { alg: 'ES256', atOnce: false });
    assert.equal(next.state, 'next');
    assert.equal((await sets.active('org-a')).kid, first.kid);
    await assert.rejects(sets.succeed('org-a', { alg: 'ES256', atOnce: false }), { code: 'signing_key_pending' });
    clock.at += DAY_MS;
    await sets.rotate('org-a');
    assert.equal((await sets.active('org-a')).kid, next.kid);
  });

  it('at once: the new key signs, the old one still verifies', async () => {
    const { sets } = fixture();
    const first = await sets.active('org-a');
    const waiting = await sets.succeed('org-a', { alg: 'ES256', atOnce: false });
    const second = await sets.succeed('org-a', { alg: 'ES256', atOnce: true });
    assert.equal((await sets.active('org-a')).kid, second.kid);
    const state = new Map((await sets.keys('org-a')).map((key) => [key.kid, key.state]));
    assert.deepEqual([state.get(first.kid), state.get(waiting.kid)], ['retired', 'retired']);
    assert.equal((await sets.jwks('org-a')).keys.length, 3);
  });

  it('removes what does not sign, and nothing else', async () => {
    const { sets } = fixture();
    const first = await sets.active('org-a');
    await assert.rejects(sets.remove('org-a', first.kid), { kind: 'conflict', code: 'signing_key_in_use' });
    await assert.rejects(sets.remove('org-b', first.kid), { kind: 'not_found', code: 'signing_key_not_found' });
    await sets.succeed('org-a', { alg: 'ES256', atOnce: true });
    await sets.remove('org-a', first.kid);
    assert.ok(!(await sets.jwks('org-a')).keys.some(({ kid }) => kid === first.kid));
  });

  it('starts an algorithm when somebody needs it, once, and only one that the org allows', async () => {
    const { sets, store } = fixture({ onDemand: ['RS256'] });
    const second = fixture({ onDemand: ['RS256'] }, undefined, store).sets;
    await sets.active('org-a');
    await Promise.all([sets.ensure('org-a', 'RS256'), second.ensure('org-a', 'RS256'), sets.ensure('org-a', 'RS256')]);
    assert.equal((await store.list('org-a')).filter(({ alg }) => alg === 'RS256').length, 1);
    assert.equal((await sets.active('org-a', 'RS256')).state, 'active');
    await assert.rejects(sets.ensure('org-a', 'PS256'), { code: 'unsupported_signing_alg' });
  });

  it('takes over a key that was made elsewhere, and signs with it', async () => {
    const { sets, clock } = fixture({ onDemand: ['RS256', 'EdDSA'] });
    for (const [alg, pair] of [
      ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['EdDSA', generateKeyPairSync('ed25519')],
    ] as const) {
      const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
      await sets.succeed('org-a', { alg, pkcs8, atOnce: true });
      assert.ok(
        pkcs8.every((byte) => byte === 0),
        'the caller’s copy is wiped',
      );
      const token = await sets.mint('org-a', { typ: 'at+jwt', alg, claims: claims(clock) });
      await jwtVerify(token, pair.publicKey, { currentDate: new Date(clock.at) });
    }
  });

  it('refuses keys that an algorithm does not want', async () => {
    const { sets, store } = fixture({ onDemand: ['RS256'] });
    const der = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' });
    const short = der(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    const curve = der(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
    for (const [alg, pkcs8, why] of [
      ['RS256', short, /2048/],
      ['ES256', curve, /P-256/],
      ['ES256', Buffer.from('no key'), /PKCS #8/],
    ] as const) {
      await assert.rejects(sets.succeed('org-a', { alg, pkcs8, atOnce: false }), (error: unknown) => {
        assert.ok(error instanceof DomainError && error.code === 'invalid_signing_key');
        assert.match(error.message, why);
        return true;
      });
    }
    assert.deepEqual(await store.list('org-a'), []);
  });
});

describe('private keys at rest', () => {
  const sealedBy = async (store: SigningKeyStore) =>
    (await store.list('org-a')).map((key) => key.privateKey.masterKeyId);

  it('are sealed: no key material stands in the row', async () => {
    const { sets, store } = fixture();
    await sets.active('org-a');
    const [row] = await store.list('org-a');
    assert.ok(row);
    assert.throws(() => createPublicKey({ key: Buffer.from(row.privateKey.sealed), format: 'der', type: 'spki' }));
    assert.ok(!JSON.stringify(row.publicJwk).includes('"d"'));
  });

  it('do not open in the row of another org or of another kid', async () => {
    const { sets, store } = fixture();
    const key = await sets.active('org-a');
    const unreadable = { kind: 'internal', code: 'signing_key_unreadable' };
    await store.change('org-b', async () => [{ change: 'insert', key }]);
    await assert.rejects(sets.sign('org-b', key.kid, Buffer.from('x')), unreadable);

    const renamed = { ...key, kid: 'sig_other' };
    await store.change('org-c', async () => [{ change: 'insert', key: renamed }]);
    await assert.rejects(sets.sign('org-c', 'sig_other', Buffer.from('x')), unreadable);
  });

  it('are sealed again under a new master key; then the old one is not needed', async () => {
    const [old, fresh] = [newMasterKey(), newMasterKey()] as [MasterKey, MasterKey];
    const { sets, store, clock } = fixture({}, createMasterKeyRing(old));
    const before = await sets.mint('org-a', { typ: 'at+jwt', claims: claims(clock) });

    const rotating = fixture({}, createMasterKeyRing(fresh, [old]), store).sets;
    assert.deepEqual(await sealedBy(store), [old.id]);
    assert.equal(await rotating.reseal('org-a'), 1);
    assert.deepEqual(await sealedBy(store), [fresh.id]);
    assert.equal(await rotating.reseal('org-a'), 0);

    const after = fixture({}, createMasterKeyRing(fresh), store).sets;
    const token = await after.mint('org-a', { typ: 'at+jwt', claims: claims(clock) });
    const { keys } = await after.jwks('org-a');
    for (const jwt of [before, token]) {
      await jwtVerify(jwt, createLocalJWKSet({ keys: [...keys] }), { currentDate: new Date(clock.at) });
    }
  });

  it('name the master key that is missing', async () => {
    const { sets, store } = fixture();
    const { kid } = await sets.active('org-a');
    const stranger = fixture({}, createMasterKeyRing(newMasterKey()), store).sets;
    await assert.rejects(stranger.sign('org-a', kid, Buffer.from('x')), { code: 'master_key_unknown' });
  });

  it('give the public key that is published', async () => {
    const ring = createMasterKeyRing(newMasterKey());
    const management = createEncryptedKeyManagement(ring);
    const { sets } = fixture({ algs: ['PS256'] }, ring);
    const key = await sets.active('org-a');
    assert.deepEqual(await management.publicKey('org-a', key), key.publicJwk);
  });
});

async function fail(): Promise<never> {
  throw new Error('this process only reads');
}
