import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { base64url, CompactEncrypt, generateKeyPair, importJWK, type JWK } from 'jose';
import * as openid from 'openid-client';
import { ASSERTION_TYPE, type Change, type ClientKey, createClientKey } from '../support/client-key.js';
import { addressAt, createFormDriver, type Stop } from '../support/form-driver.js';
import type { Answer } from '../support/http.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { authorizationUrl, passHostedPages } from '../support/sign-in.js';
import type { OAuthProblem } from '../support/tokens.js';

let org: OrgWorld;
let person: TestUser;
let key: ClientKey;
let stranger: ClientKey;
/** Signs every request. */
let strict: TestClient;
/** May sign its requests. */
let free: TestClient;
/** The key that requests are encrypted to. */
let encryptTo: JWK;

before(async () => {
  org = await createOrgWorld('jar');
  person = await org.addUser();
  [key, stranger] = await Promise.all([createClientKey(), createClientKey()]);
  const jwks = { keys: [key.publicJwk] };
  strict = await org.addClient({ jwks, requireSignedRequestObject: true });
  free = await org.addClient({ jwks });
  const published = await org.http.send('GET', `${org.issuer}/.well-known/jwks.json`);
  const { keys } = published.expect(200).json<{ keys: readonly JWK[] }>();
  encryptTo = keys.find(({ use }) => use === 'enc') ?? {};
  assert.ok(encryptTo.kty, 'a key with use enc is published');
});

type Parameters = Readonly<Record<string, string>>;

const now = () => Math.floor(Date.now() / 1000);

const parameters = (client: TestClient) => ({
  client_id: client.clientId,
  response_type: 'code',
  redirect_uri: APP_CALLBACK,
  scope: 'openid profile',
  state: 'signed',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
});

/** A request object (RFC 9101 section 4). */
const objectOf = (client: TestClient, { claims = {}, header = {} }: Change = {}, by = key): Promise<string> =>
  by.sign(
    {
      ...parameters(client),
      ...{ iss: client.clientId, aud: org.issuer, iat: now(), nbf: now(), exp: now() + 300 },
      jti: randomBytes(16).toString('hex'),
      ...claims,
    },
    { typ: 'oauth-authz-req+jwt', ...header },
  );

const encrypt = async (text: string, header: { alg: string; enc: string } & Record<string, unknown>, to = encryptTo) =>
  new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ cty: 'oauth-authz-req+jwt', kid: to.kid, ...header })
    .encrypt(await importJWK(to, header.alg));

const push = (client: TestClient, form: Parameters): Promise<Answer> =>
  org.http.send('POST', `${org.api}/oauth/par`, { form: { client_id: client.clientId, ...form } });

async function go(query: Parameters): Promise<Stop> {
  const browser = createFormDriver(org.http);
  return passHostedPages(browser, await browser.open(authorizationUrl(org.http, org.api, query)), person);
}

/** No code, whether the browser stays or goes back. */
function assertNoCode(stop: Stop, what: string): void {
  if (stop.kind === 'page') assert.equal(stop.page.status, 400, `${what}: ${stop.page.text}`);
  else {
    assert.ok(stop.url.href.startsWith(APP_CALLBACK), what);
    assert.equal(stop.url.searchParams.get('code'), null, what);
    assert.ok(stop.url.searchParams.get('error'), what);
  }
}

const codeOf = (stop: Stop) => addressAt(stop).searchParams.get('code');

describe('Request objects (RFC 9101)', () => {
  it('a signed one signs a person in, by value and pushed', async () => {
    assert.ok(codeOf(await go({ client_id: strict.clientId, request: await objectOf(strict) })));
    const pushed = await push(strict, { request: await objectOf(strict) });
    const { request_uri: uri } = pushed.expect(201).json<{ request_uri: string }>();
    assert.ok(codeOf(await go({ client_id: strict.clientId, request_uri: uri })));
  });

  for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW']) {
    it(`signed, then encrypted with ${alg}: decrypted, and judged like any other`, async () => {
      for (const enc of ['A128CBC-HS256', 'A256GCM']) {
        const request = await encrypt(await objectOf(strict), { alg, enc });
        assert.ok(codeOf(await go({ client_id: strict.clientId, request })));
        (await push(strict, { request })).expect(201);
      }
    });
  }

  it('openid-client signs its request', async () => {
    const config = await openid.discovery(new URL(org.issuer), free.clientId, {}, openid.None(), {
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: org.http.fetch as openid.CustomFetch,
    });
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = await openid.buildAuthorizationUrlWithJAR(
      config,
      {
        ...{ redirect_uri: APP_CALLBACK, scope: 'openid', state },
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      { key: key.pair.privateKey, kid: key.thumbprint },
    );
    const browser = createFormDriver(org.http);
    const callback = addressAt(await passHostedPages(browser, await browser.open(url.href), person));
    const tokens = await openid.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
    assert.equal(tokens.claims()?.sub, person.id);
  });

  it('discovery says what is possible', async () => {
    const known = (await org.http.send('GET', `${org.issuer}/.well-known/openid-configuration`)).json<
      Record<string, unknown>
    >();
    assert.equal(known.request_parameter_supported, true);
    assert.equal(known.request_uri_parameter_supported, false);
    const algs = known.request_object_signing_alg_values_supported as readonly string[];
    assert.ok(algs.includes('ES256') && algs.includes('PS256'));
    assert.ok(!algs.some((alg) => alg === 'none' || alg.startsWith('HS')), 'neither none nor symmetric ones');
    const encryption = known.request_object_encryption_alg_values_supported as readonly string[];
    assert.ok(encryption.includes('ECDH-ES') && !encryption.includes('RSA1_5'));
  });
});

describe('What is outside of the object does not count (attack 24)', () => {
  it('scope, state, redirect_uri, nonce, response_mode and PKCE are those of the object', async () => {
    const { verifier, challenge } = pkcePair();
    const request = await objectOf(strict, { claims: { code_challenge: challenge, scope: 'openid' } });
    const callback = addressAt(
      await go({
        ...{ client_id: strict.clientId, request, scope: 'openid profile email offline_access', state: 'outside' },
        ...{ redirect_uri: 'http://127.0.0.1:18999/elsewhere', nonce: 'outside', response_mode: 'fragment' },
        ...{ code_challenge: 'b'.repeat(43), prompt: 'none' },
      }),
    );
    assert.ok(callback.href.startsWith(`${APP_CALLBACK}?`));
    assert.equal(callback.searchParams.get('state'), 'signed');
    const tokens = await org.oauth.grant({
      ...{ grant_type: 'authorization_code', client_id: strict.clientId, redirect_uri: APP_CALLBACK },
      ...{ code: callback.searchParams.get('code') ?? '', code_verifier: verifier },
    });
    assert.equal(tokens.scope, 'openid');
    assert.equal(tokens.refresh_token, undefined);
  });

  it('what the object leaves out is not filled from outside', async () => {
    for (const name of ['redirect_uri', 'code_challenge', 'response_type']) {
      const request = await objectOf(strict, { claims: { [name]: undefined } });
      assertNoCode(await go({ ...parameters(strict), request }), name);
    }
  });

  it('the client outside must be the one inside', async () => {
    assertNoCode(await go({ client_id: free.clientId, request: await objectOf(strict) }), 'another client');
    assertNoCode(await go({ ...parameters(free), request: await objectOf(strict) }), 'with everything around it');
  });
});

describe('Unsigned where a signature is demanded (attack 24)', () => {
  const unsigned = (client: TestClient) =>
    `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${base64url.encode(
      JSON.stringify({ ...parameters(client), iss: client.clientId, aud: org.issuer, exp: now() + 300, nbf: now() }),
    )}.`;

  it('plain parameters, by value and pushed: refused', async () => {
    assertNoCode(await go(parameters(strict)), 'plain');
    (await push(strict, parameters(strict))).expect(400);
    assert.ok(codeOf(await go(parameters(free))), 'beside it: who need not sign may send plain parameters');
  });

  it('alg none, bare and encrypted: refused, whatever the client registered', async () => {
    for (const client of [strict, free]) {
      for (const request of [unsigned(client), await encrypt(unsigned(client), { alg: 'ECDH-ES', enc: 'A256GCM' })]) {
        assertNoCode(await go({ client_id: client.clientId, request }), 'at the authorization endpoint');
        const answer = await push(client, { request });
        assert.equal(answer.expect(400).json<OAuthProblem>().error, 'invalid_request_object');
      }
    }
  });

  it('encrypted parameters without any signature: refused', async () => {
    for (const text of [JSON.stringify(parameters(strict)), new URLSearchParams(parameters(strict)).toString(), '']) {
      const request = await encrypt(text, { alg: 'ECDH-ES', enc: 'A256GCM' });
      assertNoCode(await go({ client_id: strict.clientId, request }), text);
    }
  });
});

type Make = (client: TestClient) => Promise<string>;

const WRONG: readonly (readonly [string, Make])[] = [
  ['signed with the key of somebody else', (client) => objectOf(client, {}, stranger)],
  [
    'signed with a key that it brings along',
    (client) => objectOf(client, { header: { jwk: stranger.publicJwk, kid: undefined } }, stranger),
  ],
  ['signed rightly, with a key in its header', (client) => objectOf(client, { header: { jwk: key.publicJwk } })],
  ['a jku', (client) => objectOf(client, { header: { jku: 'https://evil.example/jwks' } })],
  ['for another audience', (client) => objectOf(client, { claims: { aud: 'https://as.example' } })],
  ['for the org next door', (client) => objectOf(client, { claims: { aud: org.issuer.replace(org.slug, 'acme') } })],
  ['by another issuer', (client) => objectOf(client, { claims: { iss: 'somebody' } })],
  ['expired', (client) => objectOf(client, { claims: { nbf: now() - 600, iat: now() - 600, exp: now() - 300 } })],
  ['not valid yet', (client) => objectOf(client, { claims: { nbf: now() + 600, exp: now() + 900 } })],
  ['valid for a day', (client) => objectOf(client, { claims: { exp: now() + 86_400 } })],
  ['typ at+jwt', (client) => objectOf(client, { header: { typ: 'at+jwt' } })],
  ['typ client-authentication+jwt', (client) => objectOf(client, { header: { typ: 'client-authentication+jwt' } })],
  ['the client as sub', (client) => objectOf(client, { claims: { sub: client.clientId } })],
  ['a request inside', (client) => objectOf(client, { claims: { request: 'e30.e30.' } })],
  ['a request_uri inside', (client) => objectOf(client, { claims: { request_uri: 'https://evil.example/r' } })],
  ['a redirect URI that is not registered', (c) => objectOf(c, { claims: { redirect_uri: 'https://evil.example' } })],
  ['a scope that the client may not have', (c) => objectOf(c, { claims: { scope: 'openid admin:write' } })],
  ['alg HS256', async (client) => hs256(await objectOf(client))],
  ['changed after it was signed', async (client) => changed(await objectOf(client))],
];

function hs256(jwt: string): string {
  const [, claims = '', signature = ''] = jwt.split('.');
  return `${base64url.encode(JSON.stringify({ alg: 'HS256' }))}.${claims}.${signature}`;
}

function changed(jwt: string): string {
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
  return `${header}.${base64url.encode(JSON.stringify({ ...read, scope: 'openid email' }))}.${signature}`;
}

describe('A request object that is wrong (attacks 18, 19, 20, 24)', () => {
  for (const [what, make] of WRONG) {
    it(`${what}: refused, also inside an encrypted one`, async () => {
      const request = await make(strict);
      (await push(strict, { request })).expect(400);
      assertNoCode(await go({ client_id: strict.clientId, request }), what);
      const hidden = await encrypt(request, { alg: 'ECDH-ES', enc: 'A256GCM' });
      (await push(strict, { request: hidden })).expect(400);
      (await push(strict, { request: await objectOf(strict) })).expect(201);
    });
  }

  it('a client assertion is no request object, a request object is no client assertion (attack 20)', async () => {
    const web = await org.addClient({
      ...{ applicationType: 'web', tokenEndpointAuthMethod: 'private_key_jwt' },
      jwks: { keys: [key.publicJwk] },
    });
    const assertion = await key.assertion(web.clientId, org.issuer, { claims: parameters(web) });
    assertNoCode(await go({ client_id: web.clientId, request: assertion }), 'an assertion with parameters');
    const object = await objectOf(web);
    const answer = await org.http.send('POST', `${org.api}/oauth/par`, {
      form: { ...parameters(web), client_assertion_type: ASSERTION_TYPE, client_assertion: object },
    });
    assert.ok([400, 401].includes(answer.status), answer.text);
  });

  it('an ID token of ours is no request object', async () => {
    const { id_token: token = '' } = await org.tokensOf(person, free);
    (await push(free, { request: token })).expect(400);
  });
});

describe('An encrypted request object that attacks who decrypts it (attack 22)', () => {
  const refused = async (request: string, what: string) => {
    const startedMs = performance.now();
    const answer = await push(strict, { request });
    assert.equal(answer.expect(400).json<OAuthProblem>().error, 'invalid_request_object', what);
    assert.ok(performance.now() - startedMs < 3_000, `${what}: refused without much work`);
    return answer.json<OAuthProblem>().error_description;
  };
  const jwe = (header: object, ...parts: readonly string[]) =>
    [base64url.encode(JSON.stringify(header)), ...parts].join('.');
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');

  it('all of them are refused in the same words', async () => {
    const rsa = await generateKeyPair('RSA-OAEP-256', { extractable: true });
    const ours = await encrypt(await objectOf(strict), { alg: 'ECDH-ES', enc: 'A256GCM' });
    const [, , iv = '', ciphertext = '', tag = ''] = ours.split('.');
    const somebody = (await generateKeyPair('ECDH-ES', { extractable: true })).publicKey;
    const elsewhere = await new CompactEncrypt(Buffer.from(await objectOf(strict)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: encryptTo.kid })
      .encrypt(somebody);
    const byRsa = await new CompactEncrypt(Buffer.from(await objectOf(strict)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: encryptTo.kid })
      .encrypt(rsa.publicKey);
    const epk = (x: string, y: string) => ({ kty: 'EC', crv: 'P-256', x, y });
    const tampered = `${ciphertext.slice(0, -2)}${ciphertext.endsWith('AA') ? 'BB' : 'AA'}`;
    const bomb = deflateRawSync(Buffer.alloc(50_000_000)).toString('base64url');
    const attacks: readonly (readonly [string, string])[] = [
      ['RSA1_5', jwe({ alg: 'RSA1_5', enc: 'A128CBC-HS256' }, random(256), random(16), random(64), random(16))],
      ['RSA-OAEP, for which there is no key', byRsa],
      ['dir', jwe({ alg: 'dir', enc: 'A256GCM' }, '', random(12), random(64), random(16))],
      [
        'PBES2 with ten million rounds',
        jwe(
          { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 10_000_000, p2s: random(16) },
          ...[random(24), random(12), random(64), random(16)],
        ),
      ],
      [
        'a key on another curve',
        jwe({ alg: 'ECDH-ES', enc: 'A256GCM', epk: epk(random(32), random(32)) }, '', iv, ciphertext, tag),
      ],
      ['the point at infinity', jwe({ alg: 'ECDH-ES', enc: 'A256GCM', epk: epk('', '') }, '', iv, ciphertext, tag)],
      ['no epk', jwe({ alg: 'ECDH-ES', enc: 'A256GCM' }, '', iv, ciphertext, tag)],
      ['the key of somebody else', elsewhere],
      ['a changed ciphertext', [...ours.split('.').slice(0, 3), tampered, tag].join('.')],
      ['a changed tag', [...ours.split('.').slice(0, 4), random(16)].join('.')],
      [
        'compression',
        jwe({ alg: 'ECDH-ES', enc: 'A256GCM', zip: 'DEF', epk: epk(random(32), random(32)) }, '', iv, bomb, tag),
      ],
      ['an unknown crit', jwe({ alg: 'ECDH-ES', enc: 'A256GCM', crit: ['x'], x: 1, epk: {} }, '', iv, ciphertext, tag)],
      ['not a JWE', 'a.b.c.d.e'],
      ['empty', '....'],
    ];
    const words = new Set<string | undefined>();
    for (const [what, request] of attacks) words.add(await refused(request, what));
    assert.equal(words.size, 1, [...words].join(' | '));
    (await push(strict, { request: ours })).expect(201);
  });
});
