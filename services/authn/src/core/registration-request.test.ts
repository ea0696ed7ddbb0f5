import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draftClient } from './client-registration.js';
import { CLIENT_AUTH_METHODS } from './oauth-client.js';
import { type RegistrationTerms, readRegistration } from './registration-request.js';
import { registrationResponse } from './registration-response.js';

const TERMS: RegistrationTerms = {
  authMethods: CLIENT_AUTH_METHODS,
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  requiresPkce: true,
};
const redirect_uris = ['https://app.example/cb'];
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

/** What the endpoint says: the client that it makes, or the error. */
function register(members: Record<string, unknown>, terms: Partial<RegistrationTerms> = {}) {
  const read = readRegistration(members, { ...TERMS, ...terms });
  if (!read.ok) return { error: read.error.error, message: read.error.message };
  const drafted = draftClient(read.value, 'dynamic');
  if (!drafted.ok) return { problems: drafted.error };
  const now = new Date('2026-11-22T12:00:00Z');
  const client = { ...drafted.value, id: 1, clientId: 'cli_x', secrets: [], createdAt: now, updatedAt: now };
  return { client, answer: registrationResponse(client, { registrationClientUri: 'https://id.example/r' }) };
}

describe('a registration, RFC 7591', () => {
  const accepted: readonly [what: string, members: Record<string, unknown>, answer: Record<string, unknown>][] = [
    [
      'the least',
      { redirect_uris },
      {
        application_type: 'web',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        client_name: 'app.example',
        scope: 'openid profile email',
        client_id_issued_at: 1795348800,
      },
    ],
    [
      'a refresh token brings offline_access',
      { redirect_uris, grant_types: ['authorization_code', 'refresh_token'] },
      { scope: 'openid profile email offline_access' },
    ],
    ['scopes that nobody may have are left out', { redirect_uris, scope: 'openid admin:write x' }, { scope: 'openid' }],
    ['unknown members are ignored', { redirect_uris, client_color: 'green', 'client_name#de': 'x' }, {}],
    [
      'null and the empty text mean absent',
      { redirect_uris, client_name: null, logo_uri: '' },
      { client_name: 'app.example' },
    ],
    [
      'grants that we do not offer are left out (VS Code asks for the device grant)',
      { redirect_uris, grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:unknown', 'implicit'] },
      { grant_types: ['authorization_code'] },
    ],
    [
      'an app on a loopback address is a native one',
      { redirect_uris: ['http://127.0.0.1:33418/'], token_endpoint_auth_method: 'none' },
      { application_type: 'native', token_endpoint_auth_method: 'none' },
    ],
    [
      'a native app that registers itself may have a secret of its own (RFC 8252 section 8.5)',
      {
        redirect_uris: ['com.example.app:/cb'],
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_post',
      },
      { application_type: 'native', token_endpoint_auth_method: 'client_secret_post' },
    ],
    [
      'a machine',
      { grant_types: ['client_credentials'], response_types: [], client_name: 'Robot' },
      { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
    ],
    [
      'a choice of methods: the preferred one that we have',
      {
        redirect_uris,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
        jwks: { keys: [KEY] },
      },
      { token_endpoint_auth_method: 'private_key_jwt' },
    ],
    [
      'a choice of methods: what needs keys is no choice without any',
      { redirect_uris, token_endpoint_auth_methods_supported: ['private_key_jwt', 'attest_jwt_client_auth', 'none'] },
      { token_endpoint_auth_method: 'none' },
    ],
    [
      'links, contacts, times',
      {
        redirect_uris,
        client_uri: 'https://app.example/',
        logo_uri: 'https://app.example/logo.png',
        policy_uri: 'https://app.example/privacy',
        tos_uri: 'https://app.example/terms',
        contacts: ['ops@app.example'],
        initiate_login_uri: 'https://app.example/login',
        default_max_age: 60,
        require_auth_time: true,
        post_logout_redirect_uris: ['https://app.example/out'],
        audience_uris: ['https://api.example/'],
      },
      {
        client_uri: 'https://app.example/',
        logo_uri: 'https://app.example/logo.png',
        policy_uri: 'https://app.example/privacy',
        tos_uri: 'https://app.example/terms',
        contacts: ['ops@app.example'],
        initiate_login_uri: 'https://app.example/login',
        default_max_age: 60,
        require_auth_time: true,
        post_logout_redirect_uris: ['https://app.example/out'],
        audience_uris: ['https://api.example/'],
      },
    ],
    [
      'where to tell that a session ended',
      {
        redirect_uris,
        backchannel_logout_uri: 'https://app.example/back?tenant=1',
        backchannel_logout_session_required: true,
        frontchannel_logout_uri: 'https://app.example/front',
        frontchannel_logout_session_required: true,
      },
      {
        backchannel_logout_uri: 'https://app.example/back?tenant=1',
        backchannel_logout_session_required: true,
        frontchannel_logout_uri: 'https://app.example/front',
        frontchannel_logout_session_required: true,
      },
    ],
    [
      'algorithms, with the enc of OpenID Connect Registration where none is named',
      {
        redirect_uris,
        jwks: { keys: [KEY] },
        id_token_signed_response_alg: 'RS256',
        userinfo_encrypted_response_alg: 'ECDH-ES',
      },
      {
        id_token_signed_response_alg: 'RS256',
        userinfo_encrypted_response_alg: 'ECDH-ES',
        userinfo_encrypted_response_enc: 'A128CBC-HS256',
      },
    ],
  ];
  for (const [what, members, answer] of accepted) {
    it(what, () => {
      const result = register(members);
      assert.ok(result.answer, JSON.stringify(result));
      assert.partialDeepStrictEqual(result.answer, answer);
      assert.equal(result.client.origin, 'dynamic');
    });
  }

  it('follows OAuth 2.1: PKCE and no implicit grant, whatever it is', () => {
    const { client } = register({ redirect_uris });
    assert.equal(client?.requiresPkce, true);
    assert.equal(client?.protocol.profile, 'oauth2.1');
    const relaxed = register({ redirect_uris }, { requiresPkce: false });
    assert.equal(relaxed.client?.requiresPkce, false);
    const open = register({ redirect_uris, token_endpoint_auth_method: 'none' }, { requiresPkce: false });
    assert.equal(open.client?.requiresPkce, true);
  });

  it('makes a name harmless and never empty', () => {
    const { client } = register({ redirect_uris, client_name: ' evil\u202Egpj.exe\nnew line ' });
    assert.equal(client?.name, 'evil gpj.exe new line');
    assert.equal(register({ redirect_uris, client_name: '\u202E' }).client?.name, 'app.example');
  });

  const refused: readonly [what: string, members: Record<string, unknown>, error: string, message?: RegExp][] = [
    ['a software statement', { redirect_uris, software_statement: 'e.y.J' }, 'unapproved_software_statement'],
    ['redirect_uris that are no list', { redirect_uris: 'https://app.example/cb' }, 'invalid_redirect_uri'],
    ['a redirect URI that is no text', { redirect_uris: [1] }, 'invalid_redirect_uri'],
    ['a name that is no text', { redirect_uris, client_name: {} }, 'invalid_client_metadata', /client_name/],
    ['the implicit flow', { redirect_uris, response_types: ['token'] }, 'invalid_client_metadata', /response_types/],
    ['no grant that we have', { redirect_uris, grant_types: ['password'] }, 'invalid_client_metadata', /grant_types/],
    [
      'response types that the grants do not fit',
      { redirect_uris, grant_types: ['client_credentials'], response_types: ['code'] },
      'invalid_client_metadata',
      /response_types/,
    ],
    [
      'an unknown method',
      { redirect_uris, token_endpoint_auth_method: 'magic' },
      'invalid_client_metadata',
      /auth_method/,
    ],
    ['an unknown application type', { redirect_uris, application_type: 'tv' }, 'invalid_client_metadata'],
    ['an unsigned ID token', { redirect_uris, id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
    ['an HMAC-signed ID token', { redirect_uris, id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata'],
    ['RSA1_5', { redirect_uris, id_token_encrypted_response_alg: 'RSA1_5' }, 'invalid_client_metadata'],
    ['a time that is no number', { redirect_uris, default_max_age: '60' }, 'invalid_client_metadata'],
    ['a NUL', { redirect_uris, client_name: 'a\0b' }, 'invalid_client_metadata'],
    [
      'more addresses than anybody has',
      { redirect_uris: Array(51).fill('https://app.example/') },
      'invalid_redirect_uri',
    ],
  ];
  for (const [what, members, error, message = /./] of refused) {
    it(`refuses ${what}`, () => {
      const result = register(members);
      assert.equal(result.error, error, JSON.stringify(result));
      assert.match(result.message ?? '', message);
    });
  }

  const judged: readonly [what: string, members: Record<string, unknown>, member: string][] = [
    ...(
      [
        'javascript:alert(1)',
        'data:text/html,x',
        'vbscript:x',
        'file:///etc/passwd',
        'http://app.example/cb',
        'https://app.example/cb#x',
        'https://*.app.example/cb',
        'https://app.example/a/../cb',
        'https://user@app.example/cb',
        'https://app.example\\@evil.example/',
        'com.example.app:/cb',
      ] as const
    ).map((uri): [string, Record<string, unknown>, string] => [
      `redirects to ${uri}`,
      { redirect_uris: [uri], application_type: 'web' },
      'redirectUris',
    ]),
    ['a scheme that any app can take', { redirect_uris: ['myapp:/cb'], application_type: 'native' }, 'redirectUris'],
    ['jwks and jwks_uri together', { redirect_uris, jwks: { keys: [KEY] }, jwks_uri: 'https://app.example/k' }, 'jwks'],
    ['a private key', { redirect_uris, jwks: { keys: [{ ...KEY, d: 'x' }] } }, 'jwks'],
    ['jwks that is no key set', { redirect_uris, jwks: [] }, 'jwks'],
    ['private_key_jwt without keys', { redirect_uris, token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
    ['a logo inside', { redirect_uris, logo_uri: 'https://169.254.169.254/' }, 'logoUri'],
    ['a policy that is script', { redirect_uris, policy_uri: 'javascript:alert(1)' }, 'policyUri'],
    ['a login that is http', { redirect_uris, initiate_login_uri: 'http://app.example/l' }, 'initiateLoginUri'],
    ['a resource with a fragment', { redirect_uris, audience_uris: ['https://api.example/#x'] }, 'audienceUris'],
    [
      'a front channel at another site',
      { redirect_uris, frontchannel_logout_uri: 'https://elsewhere.example/front' },
      'frontchannelLogoutUri',
    ],
    [
      'a post-logout address that is data',
      { redirect_uris, post_logout_redirect_uris: ['data:,x'] },
      'postLogoutRedirectUris',
    ],
    ['no redirect URI', {}, 'redirectUris'],
  ];
  for (const [what, members, member] of judged) {
    it(`is judged like any client: ${what}`, () => {
      const result = register(members);
      assert.ok(result.problems && member in result.problems, JSON.stringify(result));
    });
  }
});
