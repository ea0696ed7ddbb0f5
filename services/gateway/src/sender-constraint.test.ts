import assert from 'node:assert/strict';
import { hash, randomBytes, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { newOpaqueToken } from '@lumo/tenancy';
import { createTestAuthority } from '@lumo/testing/certificates';
import { createDpopNonces, jwkThumbprint } from '@lumo/token-signing';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { ALICE } from './testing/fake-identity.js';
import { type Seen, startTestGateway, type TestGateway, testNonceSecret } from './testing/test-gateway.js';

const ADMIN = '/orgs/acme-corp/api/v1/admin/users';
const BASE = 'http://localhost:8000';

/** A client that holds a key. */
interface Holder {
  readonly jwk: JWK;
  readonly thumbprint: string;
  proof(claims?: Record<string, unknown>): Promise<string>;
}

async function newHolder(): Promise<Holder> {
  const pair = await generateKeyPair('ES256');
  const jwk = await exportJWK(pair.publicKey);
  const privateKey: CryptoKey = pair.privateKey;
  return {
    jwk,
    thumbprint: jwkThumbprint({ ...jwk }) ?? '',
    proof(claims = {}) {
      const all: Record<string, unknown> = {
        jti: randomBytes(16).toString('base64url'),
        htm: 'GET',
        htu: `${BASE}${ADMIN}`,
        iat: Math.floor(Date.now() / 1000),
        ...claims,
      };
      return new SignJWT(all).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).sign(privateKey);
    },
  };
}

const ath = (token: string) => hash('sha256', token, 'base64url');

describe('tokens that are bound to a key', () => {
  let at: TestGateway;
  let holder: Holder;
  let thief: Holder;
  let bound: string;

  before(async () => {
    at = await startTestGateway();
    holder = await newHolder();
    thief = await newHolder();
    bound = await at.identity.mint(at.identity.acme, { scope: 'admin', cnf: { jkt: holder.thumbprint } });
  });
  after(() => at.close());

  const get = (headers: Record<string, string>, path = ADMIN) => fetch(`${at.url}${path}`, { headers });
  const dpop = async (token: string, by: Holder, claims: Record<string, unknown> = {}, path = ADMIN) =>
    get({ authorization: `DPoP ${token}`, dpop: await by.proof({ ath: ath(token), ...claims }) }, path);
  const refused = async (answer: Response, error: string, scheme = 'DPoP') => {
    const text = await answer.text();
    assert.equal(answer.status, 401, text);
    assert.equal((JSON.parse(text) as { error: string }).error, error, text);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    assert.ok(challenge.startsWith(`${scheme} realm="lumoauth", error="${error}"`), challenge);
    if (scheme === 'DPoP') assert.match(challenge, /algs="ES256 [^"]+"$/);
    return answer;
  };

  it('beside the attacks: who holds the key comes in, and the service sees neither token nor proof', async () => {
    const answer = await dpop(bound, holder);
    assert.equal(answer.status, 200);
    const { headers, context } = (await answer.json()) as Seen;
    assert.equal(headers.authorization, undefined);
    assert.equal(headers.dpop, undefined);
    assert.equal(context?.principal.id, ALICE);
  });

  it('also under the older spelling of the address, and with a query', async () => {
    const alias = '/t/acme-corp/api/v1/admin/users';
    assert.equal((await dpop(bound, holder, { htu: `${BASE}${alias}` }, `${alias}?page=2`)).status, 200);
    assert.equal((await dpop(bound, holder, {}, alias)).status, 200);
  });

  it('the name of the scheme has no case (RFC 9110 section 11.1)', async () => {
    const proof = await holder.proof({ ath: ath(bound) });
    assert.equal((await get({ authorization: `dpop ${bound}`, dpop: proof })).status, 200);
  });

  it('attack 9: a stolen token is refused as a bearer token, with and without a proof', async () => {
    await refused(await get({ authorization: `Bearer ${bound}` }), 'invalid_token');
    const proof = await holder.proof({ ath: ath(bound) });
    await refused(await get({ authorization: `Bearer ${bound}`, dpop: proof }), 'invalid_token');
  });

  it('attack 9: a stolen token is refused with the proof of another key', async () => {
    await refused(await dpop(bound, thief), 'invalid_token');
  });

  it('attack 9: no proof, no entry', async () => {
    await refused(await get({ authorization: `DPoP ${bound}` }), 'invalid_dpop_proof');
  });

  it('a token that is not bound is refused under the scheme DPoP (RFC 9449 section 7.1)', async () => {
    const free = await at.identity.mint(at.identity.acme, { scope: 'admin' });
    await refused(await dpop(free, holder), 'invalid_token');
    assert.equal((await get({ authorization: `Bearer ${free}` })).status, 200);
  });

  it('attack 10: a proof is used once', async () => {
    const proof = await holder.proof({ ath: ath(bound) });
    const headers = { authorization: `DPoP ${bound}`, dpop: proof };
    assert.equal((await get(headers)).status, 200);
    await refused(await get(headers), 'invalid_dpop_proof');
  });

  it('attack 10: of 50 parallel requests with one proof, one passes', async () => {
    const headers = { authorization: `DPoP ${bound}`, dpop: await holder.proof({ ath: ath(bound) }) };
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(headers)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, 49);
  });

  const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
    ['another method', { htm: 'POST' }],
    ['another address', { htu: `${BASE}/orgs/acme-corp/api/v1/admin/clients` }],
    ['the address of another org', { htu: `${BASE}/orgs/globex/api/v1/admin/users` }],
    ['another host', { htu: `http://evil.example${ADMIN}` }],
    ['another token', { ath: ath('another') }],
    ['no token', { ath: undefined }],
    ['everything, with a jti that can be guessed', { jti: 'short' }],
  ];
  for (const [what, claims] of wrong) {
    it(`attack 10: a proof for ${what} is refused`, async () => {
      await refused(await dpop(bound, holder, claims), 'invalid_dpop_proof');
    });
  }

  it('attack 10: an old proof is answered with a nonce, which a client with a wrong clock can use', async () => {
    const old = { iat: Math.floor(Date.now() / 1000) - 3600 };
    const answer = await refused(await dpop(bound, holder, old), 'use_dpop_nonce');
    const nonce = answer.headers.get('dpop-nonce') ?? '';
    assert.ok(nonce);
    assert.equal((await dpop(bound, holder, { ...old, nonce })).status, 200);
  });

  it('two proofs are refused before they are read', async () => {
    const proof = await holder.proof({ ath: ath(bound) });
    const answer = await at.raw(
      `GET ${ADMIN} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\nAuthorization: DPoP ${bound}\r\nDPoP: ${proof}\r\nDPoP: ${proof}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });

  it('a binding that nobody knows is no bearer token', async () => {
    const strange = await at.identity.mint(at.identity.acme, { cnf: { jwk: holder.jwk } });
    await refused(await get({ authorization: `Bearer ${strange}` }), 'invalid_token', 'Bearer');
    await refused(await dpop(strange, holder), 'invalid_token', 'Bearer');
  });

  describe('where the org demands nonces (RFC 9449 section 9)', () => {
    let token: string;
    const GLOBEX = '/orgs/globex/api/v1/admin/users';
    const call = (claims: Record<string, unknown>) =>
      dpop(token, holder, { htu: `${BASE}${GLOBEX}`, ...claims }, GLOBEX);

    before(async () => {
      at.identity.setPolicy(at.identity.globex, { dpopRequireNonce: true });
      token = await at.identity.mint(at.identity.globex, { scope: 'admin', cnf: { jkt: holder.thumbprint } });
    });

    it('a proof without one gets one, and the next answer brings the next', async () => {
      const first = await refused(await call({}), 'use_dpop_nonce');
      const nonce = first.headers.get('dpop-nonce') ?? '';
      const second = await call({ nonce });
      assert.equal(second.status, 200);
      assert.ok(second.headers.get('dpop-nonce'));
    });

    it('a nonce of another org or of nobody is refused', async () => {
      const foreign = createDpopNonces(testNonceSecret(at.identity.acme.id)).next(Date.now());
      await refused(await call({ nonce: foreign }), 'use_dpop_nonce');
      await refused(await call({ nonce: 'made-up' }), 'use_dpop_nonce');
    });
  });

  it('an opaque token is held to the same (contract 2.4)', async () => {
    const token = newOpaqueToken(at.identity.acme.id);
    const claims = {
      iss: at.identity.issuer(at.identity.acme),
      sub: ALICE,
      aud: 'cli_web',
      client_id: 'cli_web',
      scope: 'admin',
      jti: 'opaque-1',
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 60,
    };
    at.identity.addOpaqueToken(at.identity.acme, token, { ...claims, cnf: { jkt: holder.thumbprint } });
    assert.equal((await dpop(token, holder)).status, 200);
    await refused(await get({ authorization: `Bearer ${token}` }), 'invalid_token');
    const free = newOpaqueToken(at.identity.acme.id);
    at.identity.addOpaqueToken(at.identity.acme, free, claims);
    const answer = await get({ authorization: `Bearer ${free}` });
    assert.equal(((await answer.json()) as Seen).context?.principal.id, ALICE);
    const expired = newOpaqueToken(at.identity.acme.id);
    at.identity.addOpaqueToken(at.identity.acme, expired, { ...claims, exp: claims.iat - 1 });
    await refused(await get({ authorization: `Bearer ${expired}` }), 'invalid_token', 'Bearer');
    await refused(
      await get({ authorization: `Bearer ${newOpaqueToken(at.identity.acme.id)}` }),
      'invalid_token',
      'Bearer',
    );
    await refused(await get({ authorization: 'Bearer oat_short' }), 'invalid_token', 'Bearer');
  });
});

describe('client certificates (RFC 8705, attack 15)', () => {
  let pem: string;
  let otherPem: string;

  before(async () => {
    const authority = await createTestAuthority();
    pem = (await authority.issue({ name: 'client' })).cert;
    otherPem = (await authority.issue({ name: 'other' })).cert;
  });

  const thumbprintOf = (text: string) => hash('sha256', new X509Certificate(text).raw, 'base64url');
  const der = (text: string) => new X509Certificate(text).raw.toString('base64');
  const header = (text: string) => `:${der(text)}:`;
  const open = (terminators: readonly string[], name = 'client-cert') =>
    startTestGateway({
      clientCertificates: {
        terminators,
        header: name,
        verified: { header: 'x-ssl-client-verify', value: 'SUCCESS' },
      },
    });
  const TOKEN_ENDPOINT = '/orgs/acme-corp/api/v1/oauth/token';

  it('a token bound to a certificate opens with it, and with no other and none', async () => {
    const at = await open(['127.0.0.1']);
    try {
      const token = await at.identity.mint(at.identity.acme, { cnf: { 'x5t#S256': thumbprintOf(pem) } });
      const authorization = `Bearer ${token}`;
      const status = async (headers: Record<string, string>) =>
        (await fetch(`${at.url}${ADMIN}`, { headers: { authorization, ...headers } })).status;
      assert.equal(await status({ 'client-cert': header(pem) }), 200);
      assert.equal(await status({ 'client-cert': header(otherPem) }), 401);
      assert.equal(await status({}), 401);
      assert.equal(await status({ 'client-cert': `${header(otherPem)}, ${header(pem)}` }), 401);
      assert.equal(await status({ 'client-cert': 'nonsense' }), 401);
    } finally {
      await at.close();
    }
  });

  it('attack 15: from anybody but a configured terminator the header is nothing, and no service sees it', async () => {
    for (const terminators of [[], ['192.0.2.1', '10.0.0.0/8']]) {
      const at = await open(terminators);
      try {
        const token = await at.identity.mint(at.identity.acme, { cnf: { 'x5t#S256': thumbprintOf(pem) } });
        const forged = { 'client-cert': header(pem), 'x-ssl-client-verify': 'SUCCESS' };
        const headers = { authorization: `Bearer ${token}`, ...forged };
        assert.equal((await fetch(`${at.url}${ADMIN}`, { headers })).status, 401);
        const seen = (await (await fetch(`${at.url}${TOKEN_ENDPOINT}`, { headers: forged })).json()) as Seen;
        assert.equal(seen.headers['client-cert'], undefined);
        assert.equal(seen.headers['x-ssl-client-verify'], undefined);
        assert.equal(seen.context?.clientCertificate, undefined);
      } finally {
        await at.close();
      }
    }
  });

  it('the OAuth endpoints get the certificate in the sealed context, in whichever envelope it came', async () => {
    const at = await open(['127.0.0.0/8'], 'x-forwarded-client-cert');
    try {
      const envelopes = [
        header(pem),
        der(pem),
        encodeURIComponent(pem),
        pem.replaceAll('\n', ' '),
        `Hash=abc;Cert="${encodeURIComponent(pem)}";Subject="CN=client"`,
      ];
      for (const envelope of envelopes) {
        for (const [verify, verified] of [
          ['SUCCESS', true],
          ['FAILED:self-signed', false],
          ['success', false],
        ] as const) {
          const headers = { 'x-forwarded-client-cert': envelope, 'x-ssl-client-verify': verify };
          const seen = (await (await fetch(`${at.url}${TOKEN_ENDPOINT}`, { headers })).json()) as Seen;
          assert.deepEqual(seen.context?.clientCertificate, { der: der(pem), verified }, envelope.slice(0, 30));
          assert.equal(seen.headers['x-forwarded-client-cert'], undefined);
        }
      }
      const chained = `Cert="${encodeURIComponent(pem)}",By=x;Cert="${encodeURIComponent(otherPem)}"`;
      const headers = { 'x-forwarded-client-cert': chained };
      const seen = (await (await fetch(`${at.url}${TOKEN_ENDPOINT}`, { headers })).json()) as Seen;
      assert.equal(seen.context?.clientCertificate, undefined);
    } finally {
      await at.close();
    }
  });
});

describe('step-up, RFC 9470', () => {
  let at: TestGateway;
  before(async () => {
    at = await startTestGateway();
  });
  after(() => at.close());

  const call = async (claims: Record<string, unknown>, path = ADMIN) =>
    fetch(`${at.url}${path}`, {
      headers: { authorization: `Bearer ${await at.identity.mint(at.identity.acme, claims)}` },
    });
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

  it('without a demand everybody passes', async () => {
    assert.equal((await call({})).status, 200);
  });

  it('an old sign-in is told how recent it must be, a recent one passes; machines and other routes are not asked', async () => {
    at.identity.setPolicy(at.identity.acme, { adminMaxAuthAgeSeconds: 300 });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    for (const claims of [{ auth_time: ago(301) }, {}]) {
      const answer = await call(claims);
      assert.equal(answer.status, 401);
      assert.equal(((await answer.json()) as { error: string }).error, 'insufficient_user_authentication');
      const challenge = answer.headers.get('www-authenticate') ?? '';
      assert.match(challenge, /^Bearer realm="lumoauth", error="insufficient_user_authentication", /);
      assert.match(challenge, /max_age="300"/);
    }
    assert.equal((await call({ auth_time: ago(200) })).status, 200);
    assert.equal((await call({ sub: 'client_cli_spa' })).status, 200);
    assert.equal((await call({ auth_time: ago(301) }, '/orgs/acme-corp/api/v1/authz/check')).status, 200);
  });

  it('a weak sign-in is told which would do', async () => {
    at.identity.setPolicy(at.identity.acme, { adminAcrValues: ['urn:lumoauth:acr:tier1', 'urn:lumoauth:acr:tier2'] });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const answer = await call({ acr: 'urn:lumoauth:acr:tier4' });
    assert.equal(answer.status, 401);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /acr_values="urn:lumoauth:acr:tier1 urn:lumoauth:acr:tier2"/);
    assert.equal((await call({ acr: 'urn:lumoauth:acr:tier2' })).status, 200);
  });
});
