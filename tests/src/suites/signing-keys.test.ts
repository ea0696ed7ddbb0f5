import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { auditLog } from '../support/audit-log.js';
import { createOrgWorld, type OrgWorld, type TestClient } from '../support/org-world.js';
import { waitUntil } from '../support/wait-until.js';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly state: 'next' | 'active' | 'retired';
}

let org: OrgWorld;
let machine: TestClient;
before(async () => {
  org = await createOrgWorld('keys');
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
});

const token = async (): Promise<string> => {
  const { clientId: client_id, clientSecret: client_secret } = machine;
  return (await org.oauth.grant({ grant_type: 'client_credentials', client_id, client_secret })).access_token;
};
const keys = async () => (await org.call('GET', '/admin/signing-keys')).json<{ data: readonly SigningKey[] }>().data;
const rotate = async (body: object, status = 201) =>
  (await org.call('POST', '/admin/signing-keys/rotate', body, status)).json<{ data: SigningKey; code: string }>();
const published = async () =>
  (await org.http.send('GET', `${org.api}/.well-known/jwks.json`)).expect(200).json<{ keys: { kid: string }[] }>();
/** Another process of the server may go on with the keys that it read for half a minute. */
const tokenSignedBy = (kid: string) =>
  waitUntil(
    async () => {
      const jwt = await token();
      return decodeProtectedHeader(jwt).kid === kid ? jwt : undefined;
    },
    { forMs: 40_000, what: `a token signed by ${kid}` },
  );

describe('Signing keys of an org', () => {
  it('a rotation publishes first: who holds the key set knows the next key before it signs', async () => {
    const jwt = await token();
    const [active] = await keys();
    assert.equal(decodeProtectedHeader(jwt).kid, active?.kid);
    const { data: next } = await rotate({});
    assert.equal(next.state, 'next');
    assert.ok((await published()).keys.some(({ kid }) => kid === next.kid));
    assert.equal(decodeProtectedHeader(await token()).kid, active?.kid, 'it does not sign yet');
    assert.equal((await rotate({}, 409)).code, 'signing_key_pending');
    await auditLog(org.http, org.api, org.apiKey).find(
      'signing_key.published',
      ({ targetId }) => targetId === next.kid,
    );
  });

  it('at once, for a key that leaked: the new one signs, what the old one signed is valid until the old one is removed', async () => {
    const [old] = await keys();
    const before = await token();
    const { data: fresh } = await rotate({ atOnce: true });
    const after = await tokenSignedBy(fresh.kid);
    const jwks = createRemoteJWKSet(new URL(`${org.issuer}/.well-known/jwks.json`));
    for (const jwt of [before, after]) await jwtVerify(jwt, jwks, { issuer: org.issuer });

    const problem = (await org.call('DELETE', `/admin/signing-keys/${fresh.kid}`, undefined, 409)).json<{
      code: string;
    }>();
    assert.equal(problem.code, 'signing_key_in_use');
    await org.call('DELETE', `/admin/signing-keys/${old?.kid}`);
    const gone = await waitUntil(
      async () => {
        const set = await published();
        return set.keys.some(({ kid }) => kid === old?.kid) ? undefined : set;
      },
      { forMs: 40_000, what: 'a key set without the removed key' },
    );
    await assert.rejects(jwtVerify(before, createLocalJWKSet(gone as never)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    await jwtVerify(after, createLocalJWKSet(gone as never));
    const log = auditLog(org.http, org.api, org.apiKey);
    await log.find('signing_key.rotated', ({ targetId }) => targetId === fresh.kid);
    await log.find('signing_key.removed', ({ targetId }) => targetId === old?.kid);
  });

  it('an org brings its own key, as PEM or JWK, and its verifiers go on with the public half they have', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const answer = await org.call(
      'POST',
      '/admin/signing-keys/import',
      { alg: 'ES256', privateKey: pem, atOnce: true },
      201,
    );
    const { data } = answer.json<{ data: SigningKey }>();
    assert.ok(!answer.text.includes('"d"'), 'the private half does not come back');
    await jwtVerify(await tokenSignedBy(data.kid), pair.publicKey, { issuer: org.issuer });

    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    await org.call('POST', '/admin/signing-keys/import', { alg: 'EdDSA', privateKey: jwk, atOnce: false }, 201);
  });

  it('refuses what is no key for the algorithm, and does not repeat it', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    });
    const planted = randomBytes(24).toString('base64url');
    for (const body of [
      { alg: 'RS256', privateKey: weak },
      { alg: 'ES256', privateKey: planted },
      { alg: 'ES256', privateKey: { kty: 'EC', crv: 'P-256', d: planted, x: 'AA', y: 'AA' } },
      { alg: 'HS256', privateKey: planted },
      { alg: 'none', privateKey: planted },
      { alg: 'ES256' },
    ]) {
      const answer = await org.call('POST', '/admin/signing-keys/import', body, 400);
      assert.ok(!answer.text.includes(planted), answer.text);
    }
  });

  it('are the business of who manages the settings, of this org', async () => {
    const other = await createOrgWorld('keys-other');
    const [key] = await keys();
    (await org.http.send('GET', `${org.api}/admin/signing-keys`, { apiKey: other.apiKey })).expect(403);
    await other.call('DELETE', `/admin/signing-keys/${key?.kid}`, undefined, 404);
    const person = await org.addUser();
    const app = await org.addClient();
    const { access_token } = await org.tokensOf(person, app);
    (await org.http.send('POST', `${org.api}/admin/signing-keys/rotate`, { bearer: access_token, json: {} })).expect(
      403,
    );
  });
});
