import assert from 'node:assert/strict';
import { hash, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createTestAuthority, type TestAuthority, type TestCertificate } from '@lumo/testing/certificates';
import { exportJWK, type JWK } from 'jose';
import * as openid from 'openid-client';
import { type Answer, createHttp, type Http, type Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { signIn } from '../support/sign-in.js';
import { target } from '../support/target.js';
import { startTlsTerminator, type TlsTerminator } from '../support/tls-terminator.js';
import { claimsOf, type OAuthProblem, type TokenAnswer } from '../support/tokens.js';

const DAY_MS = 86_400_000;

let org: OrgWorld;
let person: TestUser;
let terminator: TlsTerminator;
/** An authority that the terminator does not know. */
let strangers: TestAuthority;

before(async () => {
  terminator = await startTlsTerminator(target.baseUrl);
  strangers = await createTestAuthority('Strangers');
  org = await createOrgWorld('mtls');
  person = await org.addUser();
});
after(() => terminator.close());

/** The platform over TLS, with a client certificate or without. */
const over = (certificate?: TestCertificate): Http => createHttp(target.baseUrl, terminator.fetchAs(certificate));

const grantForm = (client: TestClient) => ({ grant_type: 'client_credentials', client_id: client.clientId });

const tokenOver = (http: Http, client: TestClient): Promise<Answer> =>
  http.send('POST', `${org.api}/oauth/token`, { form: grantForm(client) });

async function refusedOver(http: Http, client: TestClient, what: string, headers: Send['headers'] = {}): Promise<void> {
  const answer = await http.send('POST', `${org.api}/oauth/token`, { form: grantForm(client), headers });
  assert.equal(answer.status, 401, `${what}: ${answer.text}`);
  assert.equal(answer.json<OAuthProblem>().error, 'invalid_client', what);
}

const addTlsClient = (attribute: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}) =>
  org.addClient({
    applicationType: 'm2m',
    scopes: ['document.read'],
    tokenEndpointAuthMethod: 'tls_client_auth',
    ...attribute,
    ...more,
  });

const derOf = ({ cert }: TestCertificate) => new X509Certificate(cert).raw;
const thumbprintOf = (certificate: TestCertificate) => hash('sha256', derOf(certificate), 'base64url');

/** What a client publishes that authenticates with certificates of its own (RFC 8705 section 2.2.2). */
async function jwkOf(certificate: TestCertificate): Promise<JWK> {
  const jwk = await exportJWK(new X509Certificate(certificate.cert).publicKey);
  return { ...jwk, use: 'sig', x5c: [derOf(certificate).toString('base64')] };
}

/** What somebody writes who would like to be a terminator. */
const forged = (certificate: TestCertificate) => ({
  'client-cert': `:${derOf(certificate).toString('base64')}:`,
  'x-client-verify': 'SUCCESS',
});

describe('tls_client_auth (RFC 8705 section 2.1)', () => {
  let certificate: TestCertificate;
  let client: TestClient;
  before(async () => {
    certificate = await terminator.authority.issue({ name: 'client-one', dnsNames: ['one.example'] });
    client = await addTlsClient({ tlsClientAuthSubjectDn: 'CN=client-one' });
  });

  it('is offered by discovery, with the self-signed form', async () => {
    const answer = await org.http.send('GET', `${org.issuer}/.well-known/oauth-authorization-server`);
    const known = answer.expect(200).json<Record<string, readonly string[]>>();
    for (const method of ['tls_client_auth', 'self_signed_tls_client_auth']) {
      assert.ok(known.token_endpoint_auth_methods_supported?.includes(method), method);
    }
    assert.equal(known.tls_client_certificate_bound_access_tokens, true);
  });

  it('the certificate opens the token endpoint', async () => {
    (await tokenOver(over(certificate), client)).expect(200);
  });

  for (const [what, attribute, request] of [
    ['DNS name', { tlsClientAuthSanDns: 'two.example' }, { name: 'x', dnsNames: ['two.example'] }],
    ['URI', { tlsClientAuthSanUri: 'spiffe://td/svc' }, { name: 'x', uris: ['spiffe://td/svc'] }],
    ['address', { tlsClientAuthSanIp: '192.0.2.7' }, { name: 'x', addresses: ['192.0.2.7'] }],
  ] as const) {
    it(`recognised by ${what}; another one is refused`, async () => {
      const named = await addTlsClient(attribute);
      const [right, wrong] = await Promise.all([
        terminator.authority.issue({ ...request }),
        terminator.authority.issue({ name: 'x', dnsNames: ['evil.example'] }),
      ]);
      (await tokenOver(over(right), named)).expect(200);
      await refusedOver(over(wrong), named, what);
    });
  }

  it('openid-client authenticates with it', async () => {
    const config = await openid.discovery(new URL(org.issuer), client.clientId, {}, openid.TlsClientAuth(), {
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: over(certificate).fetch as openid.CustomFetch,
    });
    assert.ok((await openid.clientCredentialsGrant(config)).access_token);
  });

  it('refused: no certificate, another name, the name by an unknown authority, one whose time is over', async () => {
    await refusedOver(over(), client, 'no certificate');
    const others: readonly (readonly [string, TestCertificate])[] = [
      ['another name', await terminator.authority.issue({ name: 'client-two' })],
      ['the name as a part', await terminator.authority.issue({ name: 'client-one-more' })],
      ['another case', await terminator.authority.issue({ name: 'client-one\\, O=evil' })],
      ['an unknown authority', await strangers.issue({ name: 'client-one' })],
      [
        'its time over',
        await terminator.authority.issue({
          name: 'client-one',
          notBefore: new Date(Date.now() - 2 * DAY_MS),
          notAfter: new Date(Date.now() - DAY_MS),
        }),
      ],
    ];
    for (const [what, other] of others) await refusedOver(over(other), client, what);
    (await tokenOver(over(certificate), client)).expect(200);
  });

  it('a certificate header that does not come from the terminator is no certificate (attack 15)', async () => {
    await refusedOver(org.http, client, 'a header from anywhere', forged(certificate));
    for (const name of [
      'x-ssl-client-cert',
      'x-forwarded-client-cert',
      'x-forwarded-tls-client-cert',
      'ssl-client-cert',
    ]) {
      const headers = { ...forged(certificate), [name]: encodeURIComponent(certificate.cert) };
      await refusedOver(org.http, client, name, headers);
    }
    await refusedOver(org.http, client, 'pretending to be the terminator', {
      ...forged(certificate),
      'x-forwarded-for': '127.0.0.2',
      forwarded: 'for=127.0.0.2',
      'x-real-ip': '127.0.0.2',
    });
    await refusedOver(over(), client, 'a header through the terminator', forged(certificate));
    await refusedOver(over(await strangers.issue({ name: 'client-one' })), client, 'both', forged(certificate));
  });

  it('a client with a certificate has no other way', async () => {
    const others: readonly Readonly<Record<string, string>>[] = [
      { client_secret: 'secret' },
      { client_assertion: 'x', client_assertion_type: 'y' },
    ];
    for (const more of others) {
      const answer = await over(certificate).send('POST', `${org.api}/oauth/token`, {
        form: { ...grantForm(client), ...more },
      });
      assert.ok([400, 401].includes(answer.status), answer.text);
    }
  });
});

describe('self_signed_tls_client_auth (RFC 8705 section 2.2)', () => {
  let certificate: TestCertificate;
  let client: TestClient;
  before(async () => {
    // No authority vouches for it here: what counts is the certificate that the client published.
    certificate = await strangers.issue({ name: 'self' });
    client = await org.addClient({
      applicationType: 'm2m',
      scopes: ['document.read'],
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [await jwkOf(certificate)] },
    });
  });

  it('the published certificate opens the token endpoint', async () => {
    (await tokenOver(over(certificate), client)).expect(200);
  });

  it('refused: none, another one, another one of the same name, a forged header', async () => {
    await refusedOver(over(), client, 'none');
    await refusedOver(over(await strangers.issue({ name: 'self' })), client, 'another one of the same name');
    await refusedOver(over(await terminator.authority.issue({ name: 'self' })), client, 'one that the authority knows');
    await refusedOver(org.http, client, 'a forged header', forged(certificate));
  });
});

describe('Tokens bound to a certificate (RFC 8705 section 3; attack 9)', () => {
  let certificate: TestCertificate;
  let other: TestCertificate;
  let machine: TestClient;
  let web: TestClient;
  before(async () => {
    [certificate, other] = await Promise.all([
      terminator.authority.issue({ name: 'bound' }),
      terminator.authority.issue({ name: 'thief' }),
    ]);
    const bound = { tlsClientCertificateBoundAccessTokens: true };
    machine = await addTlsClient({ tlsClientAuthSubjectDn: 'CN=bound' }, bound);
    web = await org.addClient({
      ...bound,
      applicationType: 'spa',
      grantTypes: ['authorization_code', 'refresh_token'],
    });
  });

  /** Tokens of the person, given out over the connection with the certificate. */
  async function personTokens(): Promise<TokenAnswer> {
    const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: web, person });
    const answer = await over(certificate).send('POST', `${org.api}/oauth/token`, {
      form: {
        ...{ grant_type: 'authorization_code', client_id: web.clientId, redirect_uri: web.redirectUri },
        ...{ code, code_verifier: verifier },
      },
    });
    return answer.expect(200).json<TokenAnswer>();
  }

  it('say so: cnf.x5t#S256, in the token and at introspection', async () => {
    const grant = (await tokenOver(over(certificate), machine)).expect(200).json<TokenAnswer>();
    const cnf = { 'x5t#S256': thumbprintOf(certificate) };
    assert.deepEqual(claimsOf(grant.access_token).cnf, cnf);
    const asking = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
    const known = await org.oauth.introspect(grant.access_token, asking);
    assert.deepEqual([known.active, known.cnf], [true, cnf]);
  });

  it('open the APIs and userinfo over the same certificate only', async () => {
    const { access_token: bearer } = await personTokens();
    const ask = (http: Http, headers: Send['headers'] = {}) =>
      http.send('POST', `${org.api}/authz/check`, { bearer, headers, json: { permission: 'x' } });
    const look = (http: Http, headers: Send['headers'] = {}) =>
      http.send('GET', `${org.api}/oauth/userinfo`, { bearer, headers });
    for (const call of [ask, look]) {
      (await call(over(certificate))).expect(200);
      const refused: readonly (readonly [string, Answer])[] = [
        ['without TLS', await call(org.http)],
        ['without a certificate', await call(over())],
        ['with another certificate', await call(over(other))],
        ['with a forged header', await call(org.http, forged(certificate))],
        ['with another certificate and a forged header', await call(over(other), forged(certificate))],
      ];
      for (const [what, answer] of refused) {
        assert.equal(answer.status, 401, `${what}: ${answer.text}`);
        assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/, what);
      }
    }
    (await ask(over(certificate))).expect(200);
  });

  it('their refresh tokens too: without the certificate, or with another, nothing (attack 11)', async () => {
    const { refresh_token: token = '' } = await personTokens();
    const refresh = (http: Http) =>
      http.send('POST', `${org.api}/oauth/token`, {
        form: { grant_type: 'refresh_token', client_id: web.clientId, refresh_token: token },
      });
    (await refresh(org.http)).expect(400);
    (await refresh(over(other))).expect(400);
    const next = (await refresh(over(certificate))).expect(200).json<TokenAnswer>();
    assert.deepEqual(claimsOf(next.access_token).cnf, { 'x5t#S256': thumbprintOf(certificate) });
  });

  it('a client whose tokens must be bound gets none without a certificate', async () => {
    const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: web, person });
    const form = {
      ...{ grant_type: 'authorization_code', client_id: web.clientId, redirect_uri: web.redirectUri },
      ...{ code, code_verifier: verifier },
    };
    const answer = await org.oauth.token(form);
    assert.equal(answer.status, 400, answer.text);
  });
});
