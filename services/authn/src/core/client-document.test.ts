import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PUBLISHED_CLIENT_DOCUMENTS } from '@lumo/testing';
import {
  checkClientIdUrl,
  clientDigest,
  documentTerms,
  freshSeconds,
  isAllowedDomain,
  isDocumentUrl,
  readClientDocument,
} from './client-document.js';
import { matchesRedirectUri } from './redirect-uri.js';
import { DEFAULT_REGISTRATION_SETTINGS as SETTINGS } from './registration-settings.js';

const OFFERED = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;
const URL_ID = 'https://app.example/client.json';
const DOCUMENT = { client_id: URL_ID, client_name: 'App', redirect_uris: ['https://app.example/cb'] };

const read = (
  document: unknown,
  options: {
    clientId?: string;
    settings?: Partial<typeof SETTINGS>;
    offered?: readonly (typeof OFFERED)[number][];
  } = {},
) => {
  const settings = { ...SETTINGS, ...options.settings };
  return readClientDocument(
    options.clientId ?? URL_ID,
    document,
    documentTerms(options.offered ?? OFFERED, settings),
    settings,
  );
};
const profileOf = (document: unknown, options: Parameters<typeof read>[1] = {}) => {
  const result = read(document, options);
  return result.ok ? result.value : assert.fail(result.error);
};

describe('the address of a client metadata document', () => {
  for (const id of [
    URL_ID,
    'https://app.example/a',
    'https://app.example:8443/client.json',
    'https://app.example/client.json?v=1',
    'https://xn--bcher-kva.example/client',
    ...Object.values(PUBLISHED_CLIENT_DOCUMENTS).map(({ client_id }) => client_id),
  ]) {
    it(`${id} is one`, () => assert.equal(checkClientIdUrl(id).ok, true));
  }

  // Every other spelling of an address that looks like it, attack row 27.
  for (const id of [
    'http://app.example/client.json',
    'https://app.example',
    'https://app.example/',
    'https://app.example/client.json#x',
    'https://app.example/client.json#',
    'https://user@app.example/client.json',
    'https://@app.example/client.json',
    'https://app.example:443/client.json',
    'https://APP.example/client.json',
    'HTTPS://app.example/client.json',
    'https://app.example/a/../client.json',
    'https://app.example/./client.json',
    'https://app.example/%2e%2e/client.json',
    'https://app.example/a%2fb',
    'https://app.example\\client.json',
    'https:/app.example/client.json',
    'https:app.example/client.json',
    ' https://app.example/client.json',
    'https://app.example/cli ent.json',
    'https://app.example/cli\tent.json',
    'https://bücher.example/client',
    'https://app.example./client.json',
    'https://127.1/client.json',
    `https://app.example/${'a'.repeat(512)}`,
    'ftp://app.example/client.json',
    'cli_abc',
    '',
  ]) {
    it(`${JSON.stringify(id.slice(0, 50))} is none`, () => assert.equal(checkClientIdUrl(id).ok, false));
  }

  it('is told from the ids that we make', () => {
    for (const id of ['cli_abc', 'agt_abc', 'urn:lumo:anonymous', 'httpsabc']) assert.equal(isDocumentUrl(id), false);
    for (const id of ['https://a.example/b', 'HTTP://a.example/b']) assert.equal(isDocumentUrl(id), true);
  });

  it('is of a host that the org accepts, in whole labels', () => {
    const settings = { ...SETTINGS, cimdAllowedDomains: ['app.example', 'claude.ai'] };
    const allows = (url: string) => isAllowedDomain(new URL(url), settings);
    assert.equal(allows('https://app.example/x'), true);
    assert.equal(allows('https://mcp.app.example/x'), true);
    assert.equal(allows('https://evilapp.example/x'), false);
    assert.equal(allows('https://app.example.evil.example/x'), false);
    assert.equal(isAllowedDomain(new URL('https://anything.example/x'), SETTINGS), true);
  });
});

describe('client metadata documents as they are published', () => {
  const { chatgpt, claude, claudeCode, vscode } = PUBLISHED_CLIENT_DOCUMENTS;
  const ofMaker = (document: { readonly client_id: string }, options: Parameters<typeof read>[1] = {}) =>
    profileOf(document, { clientId: document.client_id, ...options });

  it('ChatGPT: keys where we can, none where we cannot', () => {
    const profile = ofMaker(chatgpt);
    assert.equal(profile.tokenEndpointAuthMethod, 'private_key_jwt');
    assert.equal(profile.protocol.jwksUri, chatgpt.jwks_uri);
    assert.equal(profile.protocol.tokenEndpointAuthSigningAlg, 'RS256');
    assert.equal(profile.name, 'ChatGPT');
    // The logo is on another site than the one that people see.
    assert.deepEqual(profile.about, { clientUri: 'https://chatgpt.com/' });
    assert.equal(ofMaker(chatgpt, { offered: ['client_secret_basic', 'none'] }).tokenEndpointAuthMethod, 'none');
  });

  it('Claude: a grant that a public client cannot use is left out', () => {
    const profile = ofMaker(claude);
    assert.equal(profile.tokenEndpointAuthMethod, 'none');
    assert.deepEqual(profile.grantTypes.slice(0, 2), ['authorization_code', 'refresh_token']);
    assert.equal(profile.requiresPkce, true);
    assert.equal(profile.isFirstParty, false);
  });

  it('Claude Code: any port of the loopback interface (RFC 8252 section 7.3)', () => {
    const { redirectUris, applicationType } = ofMaker(claudeCode);
    assert.equal(applicationType, 'native');
    assert.equal(matchesRedirectUri(redirectUris, 'http://localhost:55611/callback'), true);
    assert.equal(matchesRedirectUri(redirectUris, 'http://127.0.0.1:33333/callback'), true);
    assert.equal(matchesRedirectUri(redirectUris, 'http://127.0.0.1:33333/other'), false);
    assert.equal(
      read(claudeCode, { clientId: claudeCode.client_id, settings: { cimdLocalhostRedirectPolicy: 'block' } }).ok,
      false,
    );
  });

  it('VS Code: loopback and its own site side by side', () => {
    const { redirectUris, applicationType } = ofMaker(vscode);
    assert.equal(applicationType, 'native');
    assert.equal(matchesRedirectUri(redirectUris, 'https://vscode.dev/redirect'), true);
    assert.equal(matchesRedirectUri(redirectUris, 'http://127.0.0.1:50000/'), true);
  });
});

describe('a client metadata document', () => {
  it('the least: an address of its own and one to go back to', () => {
    const profile = profileOf(DOCUMENT);
    assert.partialDeepStrictEqual(profile, {
      origin: 'metadata_document',
      tokenEndpointAuthMethod: 'none',
      requiresPkce: true,
      grantTypes: ['authorization_code'],
      scopes: ['openid', 'profile', 'email'],
      isActive: true,
    });
  });

  const refused: readonly [what: string, document: unknown][] = [
    ['no object', []],
    ['nothing', null],
    ['another client_id', { ...DOCUMENT, client_id: 'https://evil.example/client.json' }],
    ['a client_id that only means the same', { ...DOCUMENT, client_id: 'https://APP.example/client.json' }],
    ['no client_id', { redirect_uris: DOCUMENT.redirect_uris }],
    ['a secret', { ...DOCUMENT, client_secret: 's' }],
    ['the end of a secret', { ...DOCUMENT, client_secret_expires_at: 0 }],
    ['a method with a secret', { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_basic' }],
    ['only methods with secrets', { ...DOCUMENT, token_endpoint_auth_methods_supported: ['client_secret_post'] }],
    ['certificates', { ...DOCUMENT, token_endpoint_auth_method: 'tls_client_auth' }],
    ['keys that are not there', { ...DOCUMENT, token_endpoint_auth_method: 'private_key_jwt' }],
    ['a private key', { ...DOCUMENT, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'a', d: 'b' }] } }],
    ['script', { ...DOCUMENT, redirect_uris: ['javascript:alert(1)'] }],
    ['plain http', { ...DOCUMENT, redirect_uris: ['http://app.example/cb'] }],
    ['nowhere to go back to', { ...DOCUMENT, redirect_uris: [] }],
    ['keys inside the network', { ...DOCUMENT, jwks_uri: 'http://169.254.169.254/' }],
    ['a software statement', { ...DOCUMENT, software_statement: 'a.b.c' }],
    ['a machine', { ...DOCUMENT, redirect_uris: [], grant_types: ['client_credentials'], response_types: [] }],
  ];
  for (const [what, document] of refused) {
    it(`is refused: ${what}`, () => assert.equal(read(document).ok, false));
  }

  it('its links are shown where they are on its own site', () => {
    const { about } = profileOf({
      ...DOCUMENT,
      client_uri: 'https://app.example/',
      policy_uri: 'https://www.app.example/privacy',
      tos_uri: 'https://google.example/terms',
      logo_uri: 'https://evilapp.example/logo.png',
    });
    assert.deepEqual(about, { clientUri: 'https://app.example/', policyUri: 'https://www.app.example/privacy' });
  });

  it('what it may ask for is what the org gives to anybody', () => {
    const asked = { ...DOCUMENT, scope: 'openid admin:write documents.read' };
    assert.deepEqual(profileOf(asked).scopes, ['openid']);
    assert.deepEqual(profileOf(asked, { settings: { dynamicClientScopes: ['documents.read'] } }).scopes, [
      'documents.read',
    ]);
  });

  it('who it is changes with its redirect URIs, method and keys, and with nothing else', () => {
    const digest = (document: object) => clientDigest(profileOf({ ...DOCUMENT, ...document }));
    const before = digest({});
    assert.equal(digest({ client_name: 'Other', policy_uri: 'https://app.example/p' }), before);
    assert.equal(digest({ redirect_uris: ['https://app.example/cb', 'https://app.example/cb'] }), before);
    assert.notEqual(digest({ redirect_uris: ['https://app.example/cb', 'https://app.example/two'] }), before);
    assert.notEqual(digest({ jwks_uri: 'https://app.example/keys' }), before);
    const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/keys' };
    assert.notEqual(digest(keys), digest({ jwks_uri: 'https://app.example/keys' }));
    assert.equal(clientDigest({ ...profileOf(DOCUMENT), origin: 'admin' }), undefined);
  });
});

describe('for how long a document counts (RFC 9111)', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const cases: readonly [headers: Record<string, string>, seconds: number][] = [
    [{}, 300],
    [{ 'cache-control': 'max-age=600' }, 600],
    [{ 'cache-control': 'public, max-age=600', age: '100' }, 500],
    [{ 'cache-control': 'max-age="600"' }, 600],
    [{ 'cache-control': 'max-age=0' }, 60],
    [{ 'cache-control': 'no-store' }, 60],
    [{ 'cache-control': 'no-cache, max-age=999' }, 60],
    [{ 'cache-control': 'max-age=99999999' }, 86_400],
    [{ 'cache-control': 'max-age=nonsense' }, 300],
    [{ expires: 'Sun, 22 Nov 2026 12:10:00 GMT' }, 600],
    [{ expires: '0' }, 60],
    [{ expires: 'Sun, 22 Nov 2020 12:10:00 GMT' }, 60],
    [{ expires: 'Sun, 22 Nov 2096 12:10:00 GMT' }, 86_400],
    [{ 'cache-control': 's-maxage=10' }, 300],
  ];
  for (const [headers, seconds] of cases) {
    it(JSON.stringify(headers), () =>
      assert.equal(
        freshSeconds((name) => headers[name], now),
        seconds,
      ),
    );
  }
});
