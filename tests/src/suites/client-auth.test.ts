import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { base64url, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ASSERTION_TYPE, type Change, type ClientKey, createClientKey } from '../support/client-key.js';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import type { OAuthProblem, TokenAnswer } from '../support/tokens.js';

let org: OrgWorld;
let person: TestUser;
let key: ClientKey;
let stranger: ClientKey;
/** Authenticates with its key. */
let client: TestClient;
/** Authenticates with a secret. */
let machine: TestClient;

before(async () => {
  org = await createOrgWorld('client-auth');
  person = await org.addUser();
  [key, stranger] = await Promise.all([createClientKey(), createClientKey()]);
  client = await addKeyClient([key.publicJwk]);
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
});

const addKeyClient = (keys: readonly JWK[], options: Readonly<Record<string, unknown>> = {}) =>
  org.addClient({
    applicationType: 'm2m',
    scopes: ['document.read'],
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys },
    ...options,
  });

const form = (assertion: string, more: Readonly<Record<string, string>> = {}) => ({
  grant_type: 'client_credentials',
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: assertion,
  ...more,
});

const genuine = (change?: Change) => key.assertion(client.clientId, org.issuer, change);
const now = () => Math.floor(Date.now() / 1000);

describe('private_key_jwt (RFC 7523)', () => {
  it('an assertion for the issuer opens the token endpoint, with client_id and without', async () => {
    await org.oauth.grant(form(await genuine()));
    await org.oauth.grant(form(await genuine(), { client_id: client.clientId }));
  });

  it('one for the token endpoint too, and one whose list of audiences has one member', async () => {
    for (const aud of [`${org.issuer}/oauth/token`, [org.issuer]]) {
      await org.oauth.grant(form(await genuine({ claims: { aud } })));
    }
  });

  it('opens pushed requests, introspection and revocation', async () => {
    const { access_token: token } = await org.oauth.grant(form(await genuine()));
    const asked = await org.http.send('POST', `${org.api}/oauth/introspect`, {
      form: { ...assertionOf(await genuine()), token },
    });
    assert.equal(asked.expect(200).json().active, true);
    const revoked = await org.http.send('POST', `${org.api}/oauth/revoke`, {
      form: { ...assertionOf(await genuine()), token },
    });
    revoked.expect(200);
    assert.equal((await org.oauth.introspect(token, machine)).active, false);
    const web = await addKeyClient([key.publicJwk], {
      applicationType: 'web',
      redirectUris: ['https://app.example/cb'],
    });
    const pushed = await org.http.send('POST', `${org.api}/oauth/par`, {
      form: {
        ...assertionOf(await key.assertion(web.clientId, org.issuer)),
        ...{ client_id: web.clientId, response_type: 'code', scope: 'document.read' },
        redirect_uri: 'https://app.example/cb',
        ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
      },
    });
    pushed.expect(201);
  });

  for (const alg of ['ES256', 'PS256', 'RS256', 'EdDSA'] as const) {
    it(`${alg} works, and with several keys the one that the header names`, async () => {
      const [own, old] = await Promise.all([createClientKey(alg), createClientKey(alg)]);
      const several = await addKeyClient([old.publicJwk, own.publicJwk]);
      await org.oauth.grant(form(await own.assertion(several.clientId, org.issuer)));
      await org.oauth.grant(form(await old.assertion(several.clientId, org.issuer, { header: { kid: undefined } })));
    });
  }

  it('one algorithm where the client registered one', async () => {
    const [ec, rsa] = await Promise.all([createClientKey(), createClientKey('PS256')]);
    const strict = await addKeyClient([ec.publicJwk, rsa.publicJwk], { tokenEndpointAuthSigningAlg: 'PS256' });
    await org.oauth.grant(form(await rsa.assertion(strict.clientId, org.issuer)));
    await org.oauth.refused(form(await ec.assertion(strict.clientId, org.issuer)), 401, 'invalid_client');
  });

  it('openid-client and oauth4webapi authenticate with it', async () => {
    const config = await openid.discovery(
      new URL(org.issuer),
      client.clientId,
      {},
      openid.PrivateKeyJwt({ key: key.pair.privateKey, kid: key.thumbprint }),
      { execute: [openid.allowInsecureRequests], [openid.customFetch]: org.http.fetch as openid.CustomFetch },
    );
    assert.ok((await openid.clientCredentialsGrant(config, { scope: 'document.read' })).access_token);
    const as: oauth.AuthorizationServer = { issuer: org.issuer, token_endpoint: `${org.issuer}/oauth/token` };
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      { client_id: client.clientId },
      oauth.PrivateKeyJwt({ key: key.pair.privateKey, kid: key.thumbprint }),
      {},
      { [oauth.allowInsecureRequests]: true },
    );
    assert.ok((await oauth.processClientCredentialsResponse(as, { client_id: client.clientId }, answer)).access_token);
  });
});

const assertionOf = (assertion: string) => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: assertion });

/** RFC 7523 section 3, RFC 8725. */
const WRONG: readonly (readonly [string, () => Promise<string>])[] = [
  ['an audience of another org', () => genuine({ claims: { aud: org.issuer.replace(org.slug, 'other') } })],
  ['an audience of another host', () => genuine({ claims: { aud: 'https://as.example' } })],
  ['the issuer with a slash', () => genuine({ claims: { aud: `${org.issuer}/` } })],
  ['two audiences, one of them right', () => genuine({ claims: { aud: [org.issuer, 'https://as.example'] } })],
  ['two right audiences', () => genuine({ claims: { aud: [org.issuer, `${org.issuer}/oauth/token`] } })],
  ['no audience', () => genuine({ claims: { aud: undefined } })],
  ['an hour to live', () => genuine({ claims: { exp: now() + 3600 } })],
  ['an end in the past', () => genuine({ claims: { iat: now() - 120, exp: now() - 60 } })],
  ['no end', () => genuine({ claims: { exp: undefined } })],
  ['an end that is a text', () => genuine({ claims: { exp: String(now() + 60) } })],
  ['a beginning in the future', () => genuine({ claims: { nbf: now() + 240, exp: now() + 290 } })],
  ['an iat in the future', () => genuine({ claims: { iat: now() + 240, exp: now() + 290 } })],
  ['no jti', () => genuine({ claims: { jti: undefined } })],
  ['a jti without end', () => genuine({ claims: { jti: 'j'.repeat(5000) } })],
  ['another issuer', () => genuine({ claims: { iss: 'somebody' } })],
  ['no issuer', () => genuine({ claims: { iss: undefined } })],
  ['no subject', () => genuine({ claims: { sub: undefined } })],
  ['the name of another client', () => key.assertion(machine.clientId, org.issuer)],
  ['the name of nobody', () => key.assertion('cli_nobody', org.issuer)],
  ['the key of somebody else', () => stranger.assertion(client.clientId, org.issuer)],
  [
    'the key of somebody else under our kid',
    () => stranger.assertion(client.clientId, org.issuer, { header: { kid: key.thumbprint } }),
  ],
  [
    'a key in the header',
    () => stranger.assertion(client.clientId, org.issuer, { header: { jwk: stranger.publicJwk, kid: undefined } }),
  ],
  ['the right key, also in the header', () => genuine({ header: { jwk: key.publicJwk } })],
  ['a jku', () => genuine({ header: { jku: 'https://evil.example/jwks.json' } })],
  ['an x5u', () => genuine({ header: { x5u: 'https://evil.example/cert.pem' } })],
  ['a kid that reaches for a file', () => genuine({ header: { kid: '../../etc/passwd' } })],
  ['alg none', async () => withAlg(await genuine(), 'none', '')],
  ['alg nOnE', async () => withAlg(await genuine(), 'nOnE', '')],
  ['HS256 with the public key as the secret', async () => hmac(await genuine(), JSON.stringify(key.publicJwk))],
  ['HS256 with an empty secret', async () => hmac(await genuine(), '')],
  ['typ at+jwt', () => genuine({ header: { typ: 'at+jwt' } })],
  ['typ dpop+jwt', () => genuine({ header: { typ: 'dpop+jwt' } })],
  ['typ oauth-authz-req+jwt', () => genuine({ header: { typ: 'oauth-authz-req+jwt' } })],
  ['an unknown crit', () => genuine({ header: { crit: ['x'], x: 1 } }).catch(async () => crit(await genuine()))],
  ['no JWT at all', async () => 'assertion'],
];

function withAlg(jwt: string, alg: string, signature: string): string {
  const [header = '', claims = ''] = jwt.split('.');
  const changed = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), alg };
  return `${base64url.encode(JSON.stringify(changed))}.${claims}.${signature}`;
}

function hmac(jwt: string, secret: string): string {
  const unsigned = withAlg(jwt, 'HS256', '').slice(0, -1);
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

function crit(jwt: string): string {
  const [header = '', ...rest] = jwt.split('.');
  const changed = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), crit: ['x'], x: 1 };
  return [base64url.encode(JSON.stringify(changed)), ...rest].join('.');
}

/** Refused as a wrong client, or as no proper request where not even that can be told. */
async function notIn(body: URLSearchParams | Record<string, string>, how?: Send): Promise<void> {
  const answer = await org.oauth.token(body, how);
  const { error } = answer.json<OAuthProblem>();
  const expected = answer.status === 401 ? 'invalid_client' : 'invalid_request';
  assert.ok([400, 401].includes(answer.status), answer.text);
  assert.equal(error, expected, answer.text);
}

describe('An assertion that is wrong (attacks 18, 19, 20, 23)', () => {
  for (const [what, make] of WRONG) {
    it(`${what}: refused, and the genuine one after it is accepted`, async () => {
      await notIn(form(await make()));
      await notIn(form(await make(), { client_id: client.clientId }));
      await org.oauth.grant(form(await genuine()));
    });
  }

  it('an access token or an ID token of ours is no assertion (attack 20)', async () => {
    const spa = await org.addClient();
    const tokens = await org.tokensOf(person, spa);
    const own = await org.oauth.grant(form(await genuine()));
    for (const token of [tokens.access_token, tokens.id_token ?? '', own.access_token]) {
      await org.oauth.refused(form(token), 401, 'invalid_client');
    }
  });
});

describe('An assertion counts once (attack 23)', () => {
  it('at one endpoint', async () => {
    const assertion = await genuine();
    await org.oauth.grant(form(assertion));
    await org.oauth.refused(form(assertion), 401, 'invalid_client');
  });

  it('across endpoints', async () => {
    const assertion = await genuine();
    const { access_token: token } = await org.oauth.grant(form(await genuine()));
    const introspect = () =>
      org.http.send('POST', `${org.api}/oauth/introspect`, { form: { ...assertionOf(assertion), token } });
    (await introspect()).expect(200);
    await org.oauth.refused(form(assertion), 401, 'invalid_client');
    (await introspect()).expect(401);
  });

  it('of many at once exactly one is served', async () => {
    const assertion = await genuine();
    const answers = await Promise.all(Array.from({ length: 40 }, () => org.oauth.token(form(assertion))));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, 39);
  });

  it('the same jti of another client is another assertion', async () => {
    const other = await addKeyClient([key.publicJwk]);
    const claims = { jti: 'the-same-name-for-both' };
    await org.oauth.grant(form(await genuine({ claims })));
    await org.oauth.grant(form(await key.assertion(other.clientId, org.issuer, { claims })));
  });
});

describe('Which method a client may use is what it registered', () => {
  const refusals: readonly (readonly [string, () => Promise<[Record<string, string>, Send?]>])[] = [
    ['a client with a key: only its id', async () => [{ client_id: client.clientId }]],
    ['a client with a key: a secret', async () => [{ client_id: client.clientId, client_secret: 'secret' }]],
    ['a client with a key: Basic', async () => [{}, { basic: [client.clientId, 'secret'] }]],
    [
      'a client with a secret: an assertion',
      async () => [assertionOf(await key.assertion(machine.clientId, org.issuer))],
    ],
    [
      'a client with a secret: an assertion under HS256 with it',
      async () => [assertionOf(hmac(await key.assertion(machine.clientId, org.issuer), machine.clientSecret))],
    ],
    ['a client with a secret: only its id', async () => [{ client_id: machine.clientId }]],
  ];
  for (const [what, make] of refusals) {
    it(`${what}: invalid_client`, async () => {
      const [more, how] = await make();
      await org.oauth.refused({ grant_type: 'client_credentials', ...more }, 401, 'invalid_client', how);
    });
  }

  it('Basic and post are one way to tell a secret', async () => {
    const grant = { grant_type: 'client_credentials' };
    await org.oauth.grant(grant, { basic: [machine.clientId, machine.clientSecret] });
    await org.oauth.grant({ ...grant, client_id: machine.clientId, client_secret: machine.clientSecret });
  });
});

describe('One way at a time, every parameter once (RFC 6749 sections 2.3 and 3.1; attack 51)', () => {
  it('an assertion and a secret, an assertion and Basic, a secret and Basic: refused', async () => {
    await notIn(form(await genuine(), { client_secret: 'secret' }));
    await notIn(form(await genuine(), { client_id: client.clientId, client_secret: 'secret' }));
    await notIn(form(await genuine()), { basic: [client.clientId, 'secret'] });
    await notIn(form(await genuine()), { basic: [machine.clientId, machine.clientSecret] });
    await notIn(
      { grant_type: 'client_credentials', client_id: machine.clientId, client_secret: machine.clientSecret },
      { basic: [machine.clientId, machine.clientSecret] },
    );
  });

  it('an assertion without its type, a type without an assertion, an unknown type: refused', async () => {
    const { client_assertion_type: _type, ...untyped } = form(await genuine());
    await notIn(untyped);
    await notIn({ grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE });
    await notIn(form(await genuine(), { client_assertion_type: 'urn:example:unknown' }));
    await notIn(
      form(await genuine(), { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
    );
  });

  it('a client_id that is not the one of the assertion, or of Basic: refused', async () => {
    await notIn(form(await genuine(), { client_id: machine.clientId }));
    await notIn(
      { grant_type: 'client_credentials', client_id: client.clientId },
      { basic: [machine.clientId, machine.clientSecret] },
    );
  });

  for (const name of ['client_assertion', 'client_assertion_type', 'grant_type', 'scope', 'client_id']) {
    it(`${name} twice: invalid_request`, async () => {
      const assertion = await genuine();
      const body = new URLSearchParams(form(assertion, { scope: 'document.read', client_id: client.clientId }));
      body.append(name, body.get(name) ?? '');
      await org.oauth.refused(body, 400, 'invalid_request');
      await org.oauth.grant(form(await genuine(), { scope: 'document.read', client_id: client.clientId }));
    });
  }

  it('credentials in the query are not looked at', async () => {
    const { grant_type, ...credentials } = form(await genuine());
    const answer = await org.http.send('POST', `${org.api}/oauth/token?${new URLSearchParams(credentials)}`, {
      form: { grant_type },
    });
    assert.ok([400, 401].includes(answer.status), answer.text);
  });

  it('a member of a JSON body twice: refused', async () => {
    const assertion = await genuine();
    const body = `{"grant_type":"client_credentials","client_assertion_type":"${ASSERTION_TYPE}","client_assertion":"x","client_assertion":"${assertion}"}`;
    const answer = await org.http.send('POST', `${org.api}/oauth/token`, {
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.ok([400, 401].includes(answer.status), answer.text);
    (await org.http.send('POST', `${org.api}/oauth/token`, { json: form(assertion) })).expect(200);
  });
});

describe('Keys of a client change', () => {
  it('a new set counts within a second, the old key is refused', async () => {
    const [before, after] = await Promise.all([createClientKey(), createClientKey()]);
    const changing = await addKeyClient([before.publicJwk]);
    await org.oauth.grant(form(await before.assertion(changing.clientId, org.issuer)));
    await org.call('PATCH', `/admin/clients/${changing.clientId}`, { jwks: { keys: [after.publicJwk] } });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await org.oauth.refused(form(await before.assertion(changing.clientId, org.issuer)), 401, 'invalid_client');
    await org.oauth.grant(form(await after.assertion(changing.clientId, org.issuer)));
  });

  it('a private or symmetric key is not taken as one of a client', async () => {
    const own = key.privateKey.export({ format: 'jwk' }) as JWK;
    for (const jwk of [own, { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }]) {
      const body = { name: 'Bad', applicationType: 'm2m', tokenEndpointAuthMethod: 'private_key_jwt' };
      await org.call('POST', '/admin/clients', { ...body, jwks: { keys: [jwk] } }, 400);
    }
  });

  it('a token given to a client that authenticated with a key names it', async () => {
    const grant: TokenAnswer = await org.oauth.grant(form(await genuine()));
    const known = await org.oauth.introspect(grant.access_token, machine);
    assert.deepEqual([known.active, known.client_id], [true, client.clientId]);
  });
});
