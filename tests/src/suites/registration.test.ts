import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { auditLog } from '../support/audit-log.js';
import { addressAt, createFormDriver, pageAt } from '../support/form-driver.js';
import type { Answer, Send } from '../support/http.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { type RemoteServer, startRemoteServer } from '../support/remote-server.js';
import { authorizationUrl, passHostedPages } from '../support/sign-in.js';
import { claimsOf } from '../support/tokens.js';

type Registered = Readonly<Record<string, unknown>> & {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
};

const METADATA = { client_name: 'App', redirect_uris: [APP_CALLBACK] };

let org: OrgWorld;
let person: TestUser;
let remote: RemoteServer;

const policy = (world: OrgWorld, settings: object) => world.call('PATCH', '/admin/settings/auth', settings);
const register = (world: OrgWorld, metadata: object, how: Send = {}): Promise<Answer> =>
  world.http.send('POST', `${world.api}/connect/register`, { ...how, json: metadata });
const registered = async (world: OrgWorld, metadata: object = METADATA, how: Send = {}): Promise<Registered> =>
  (await register(world, metadata, how)).expect(201).json<Registered>();
const refused = async (answer: Promise<Answer>, status: number, error: string): Promise<Answer> => {
  const got = await answer;
  assert.deepEqual({ status: got.status, error: got.json<{ error: string }>().error }, { status, error }, got.text);
  return got;
};
const manage = (method: string, client: Pick<Registered, 'registration_client_uri'>, token: string, json?: object) =>
  org.http.send(method, client.registration_client_uri, { bearer: token, ...(json && { json }) });
const discovery = async (world: OrgWorld) =>
  (await world.http.send('GET', `${world.api}/.well-known/openid-configuration`)).expect(200).json();

before(async () => {
  org = await createOrgWorld('register');
  await policy(org, { dynamic_client_registration_policy: 'open', dynamic_client_quota: 1000 });
  person = await org.addUser();
  remote = await startRemoteServer();
});
after(() => remote.close());

/** Signs the person in to a client and redeems the code. */
async function signInTo(client: Registered, parameters: Readonly<Record<string, string>> = {}) {
  const { verifier, challenge } = pkcePair();
  const browser = createFormDriver(org.http);
  const first = await browser.open(
    authorizationUrl(org.http, org.api, {
      ...{ response_type: 'code', client_id: client.client_id, redirect_uri: APP_CALLBACK, scope: 'openid email' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      ...parameters,
    }),
  );
  const callback = addressAt(await passHostedPages(browser, first, person));
  return org.oauth.grant({
    ...{ grant_type: 'authorization_code', code: callback.searchParams.get('code') ?? '', code_verifier: verifier },
    ...{ redirect_uri: parameters.redirect_uri ?? APP_CALLBACK, client_id: client.client_id },
    ...(client.client_secret !== undefined && { client_secret: client.client_secret }),
  });
}

describe('oauth4webapi registers a client (RFC 7591)', () => {
  it('and goes the whole way with it: code, refresh, read, update, delete (RFC 7592)', async () => {
    const options = {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: org.http.fetch as never,
    };
    const issuer = new URL(org.issuer);
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' } as oauth.DiscoveryRequestOptions),
    );
    assert.equal(as.registration_endpoint, `${org.issuer}/connect/register`);
    const answer = await oauth.dynamicClientRegistrationRequest(
      as,
      { ...METADATA, grant_types: ['authorization_code', 'refresh_token'] },
      options as oauth.DynamicClientRegistrationRequestOptions,
    );
    const client = await oauth.processDynamicClientRegistrationResponse(answer);
    assert.equal(client.client_secret_expires_at, 0);
    const auth = oauth.ClientSecretBasic(String(client.client_secret));

    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const browser = createFormDriver(org.http);
    const first = await browser.open(
      authorizationUrl(org.http, org.api, {
        ...{ response_type: 'code', client_id: client.client_id, redirect_uri: APP_CALLBACK, state },
        ...{ scope: 'openid email offline_access', code_challenge_method: 'S256' },
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      }),
    );
    const callback = addressAt(await passHostedPages(browser, first, person));
    const grantOptions = options as oauth.TokenEndpointRequestOptions;
    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(
        as,
        client,
        auth,
        oauth.validateAuthResponse(as, client, callback, state),
        APP_CALLBACK,
        verifier,
        grantOptions,
      ),
    );
    const refresh = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', grantOptions);
    assert.ok((await oauth.processRefreshTokenResponse(as, client, refresh)).access_token);

    const self = client as unknown as Registered;
    const seen = (await manage('GET', self, self.registration_access_token)).expect(200);
    assert.equal(seen.headers.get('cache-control'), 'no-store');
    assert.deepEqual(seen.json<Registered>().redirect_uris, METADATA.redirect_uris);
    const update = { ...METADATA, client_id: self.client_id, client_name: 'Renamed' };
    const changed = (await manage('PUT', self, self.registration_access_token, update)).expect(200).json<Registered>();
    assert.equal(changed.client_name, 'Renamed');
    await refused(manage('GET', self, self.registration_access_token), 401, 'invalid_token');
    (await manage('DELETE', self, changed.registration_access_token)).expect(204);
    await refused(manage('GET', self, changed.registration_access_token), 401, 'invalid_token');
    const dead = await org.oauth.introspect(tokens.access_token, await org.addClient({ applicationType: 'm2m' }));
    assert.deepEqual(dead, { active: false });
  });

  it('openid-client does, too', async () => {
    const config = await openid.dynamicClientRegistration(new URL(org.issuer), METADATA, undefined, {
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: org.http.fetch as never,
    });
    const client = config.clientMetadata();
    assert.match(client.client_id, /^cli_/);
    assert.ok(client.client_secret);
  });
});

describe('who may register (contract 2.15)', () => {
  it('closed: keys with the scope, and discovery names no endpoint', async () => {
    const world = await createOrgWorld('reg-closed');
    assert.equal((await discovery(world)).registration_endpoint, undefined);
    const nobody = await refused(register(world, METADATA), 401, 'access_denied');
    assert.match(nobody.headers.get('www-authenticate') ?? '', /^Bearer /);
    const keyOf = async (scopes: readonly string[]) =>
      (await world.call('POST', '/admin/api-keys', { name: 'k', scopes }, 201)).json<{ data: { key: string } }>().data
        .key;
    const key = await keyOf(['admin:clients:register']);
    for (const how of [{ apiKey: key }, { bearer: key }, { headers: { authorization: `ApiKey ${key}` } }]) {
      assert.match((await registered(world, METADATA, how)).client_id, /^cli_/);
    }
    await refused(register(world, METADATA, { apiKey: await keyOf(['admin:users']) }), 403, 'access_denied');
    await refused(register(world, METADATA, { apiKey: 'lmk_unknown_key' }), 401, 'invalid_token');
    // Attack 32: a key of another org.
    await refused(register(org, METADATA, { apiKey: key }), 401, 'invalid_token');
  });

  it('initial access tokens: made, counted, listed, revoked', async () => {
    const world = await createOrgWorld('reg-iat');
    await policy(world, { dynamic_client_registration_policy: 'initial_access_token' });
    assert.equal((await discovery(world)).registration_endpoint, `${world.issuer}/connect/register`);
    const made = (
      await world.call('POST', '/admin/initial-access-tokens', { name: 'Installer', maxUses: 2 }, 201)
    ).json<{
      data: { id: string; token: string };
    }>().data;
    await refused(register(world, METADATA), 401, 'access_denied');
    await refused(register(world, { redirect_uris: [] }, { bearer: made.token }), 400, 'invalid_redirect_uri');
    await registered(world, METADATA, { bearer: made.token });
    await registered(world, METADATA, { bearer: made.token });
    await refused(register(world, METADATA, { bearer: made.token }), 401, 'invalid_token');
    const listed = await world.call('GET', '/admin/initial-access-tokens');
    assert.ok(!listed.text.includes(made.token));
    assert.deepEqual(
      listed
        .json<{ data: { id: string; uses: number; maxUses: number }[] }>()
        .data.map(({ id, uses, maxUses }) => [id, uses, maxUses]),
      [[made.id, 2, 2]],
    );
    await world.call('DELETE', `/admin/initial-access-tokens/${made.id}`);
    await world.call('DELETE', `/admin/initial-access-tokens/${made.id}`, undefined, 404);
  });

  it('open: anybody, for the scopes that the org gives to anybody; the flag of the contract is the same switch', async () => {
    const world = await createOrgWorld('reg-open');
    await policy(world, { dynamic_client_registration_enabled: true, dynamic_client_scopes: ['openid', 'notes.read'] });
    const client = await registered(world, { ...METADATA, scope: 'openid notes.read email admin:write' });
    assert.equal(client.scope, 'openid notes.read');
    const settings = (await world.call('GET', '/admin/settings/auth')).json<{ data: Record<string, unknown> }>().data;
    assert.equal(settings.dynamic_client_registration_policy, 'open');
    assert.equal(settings.dynamic_client_registration_enabled, true);
    await world.call('PATCH', '/admin/settings/auth', { dynamic_client_scopes: ['admin:write'] }, 400);
    // A wrong credential is not taken for none.
    await refused(register(world, METADATA, { bearer: 'iat_wrong_token' }), 401, 'invalid_token');
  });

  it('is found under every name of the contract, and under /t/', async () => {
    for (const path of ['/connect/register', '/oauth/register', '/oidc/register']) {
      const answer = await org.http.send('POST', `${org.api}${path}`, { json: METADATA });
      const { registration_client_uri } = answer.expect(201).json<Registered>();
      assert.ok(registration_client_uri.startsWith(`${org.issuer}/connect/register/cli_`));
    }
    const legacy = await org.http.send('POST', `/t/${org.slug}/api/v1/connect/register`, { json: METADATA });
    legacy.expect(201);
  });

  it('an administrator sees where a client comes from, and can switch it off', async () => {
    const client = await registered(org);
    const detail = (await org.call('GET', `/admin/clients/${client.client_id}`)).json<{
      data: Record<string, unknown>;
    }>().data;
    assert.equal(detail.origin, 'dynamic');
    assert.equal(detail.isFirstParty, false);
    assert.equal(detail.requiresPkce, true);
    await org.call('POST', `/admin/clients/${client.client_id}/disable`);
    await refused(manage('GET', client, client.registration_access_token), 401, 'invalid_token');
    const log = auditLog(org.http, org.api, org.apiKey);
    const entry = await log.find('app.created', ({ targetId }) => targetId === client.client_id);
    assert.equal(entry.actorType, 'anonymous');
  });
});

describe('attack 28: registration is no way around the rules', () => {
  it('beside the attacks: a genuine registration, and a genuine update', async () => {
    const client = await registered(org);
    (
      await manage('PUT', client, client.registration_access_token, { ...METADATA, client_id: client.client_id })
    ).expect(200);
  });

  const redirects = [
    'javascript:alert(document.cookie)',
    'JavaScript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://app.example/x',
    'about:blank',
    'http://app.example/cb',
    'https://app.example/cb#fragment',
    'https://*.app.example/cb',
    'https://app.example/../cb',
    'https://app.example@evil.example/cb',
    'https://app.example\\@evil.example/',
    'myapp:/cb',
    '/relative',
    '',
  ];
  for (const uri of redirects) {
    it(`a redirect to ${JSON.stringify(uri)} is refused, on create and on update alike`, async () => {
      await refused(register(org, { ...METADATA, redirect_uris: [uri] }), 400, 'invalid_redirect_uri');
      await refused(
        register(org, { ...METADATA, post_logout_redirect_uris: [uri || 'x'] }),
        400,
        'invalid_redirect_uri',
      );
      const client = await registered(org);
      const update = { client_id: client.client_id, redirect_uris: [uri] };
      await refused(manage('PUT', client, client.registration_access_token, update), 400, 'invalid_redirect_uri');
    });
  }

  it('an update cannot name secrets, ids and tokens of its choice, or become another kind of client', async () => {
    const client = await registered(org);
    const put = (more: object) =>
      manage('PUT', client, client.registration_access_token, { ...METADATA, client_id: client.client_id, ...more });
    for (const more of [
      { client_id: 'cli_of_another' },
      { client_secret: 'of my choice' },
      { client_secret_expires_at: 1 },
      { registration_access_token: client.registration_access_token },
      { registration_client_uri: 'https://evil.example/' },
      { client_id_issued_at: 1 },
      { token_endpoint_auth_method: 'none' },
    ]) {
      await refused(put(more), 400, 'invalid_client_metadata');
    }
    (await put({ client_secret: client.client_secret })).expect(200);
  });

  it('attack 48, mass assignment: members of the administrator mean nothing here', async () => {
    const client = await registered(org, {
      ...METADATA,
      ...{ isFirstParty: true, is_first_party: true, first_party: true, requiresPkce: false, origin: 'admin' },
      ...{
        accessTokenLifetime: 86_400,
        allowedOrigins: ['https://evil.example'],
        allowed_origins: ['https://evil.example'],
      },
    });
    const { data } = (await org.call('GET', `/admin/clients/${client.client_id}`)).json<{
      data: Record<string, unknown>;
    }>();
    assert.partialDeepStrictEqual(data, {
      isFirstParty: false,
      requiresPkce: true,
      origin: 'dynamic',
      accessTokenLifetime: null,
    });
    assert.deepEqual(data.allowedOrigins, []);
  });

  it('nobody lists a browser origin by registering: the JSON sign-in stays closed to other sites', async () => {
    const origin = 'https://evil.example';
    await registered(org, { redirect_uris: [`${origin}/cb`], token_endpoint_auth_method: 'none' });
    const attempt = await org.http.send('POST', `${org.api}/oauth/login/json`, {
      json: { email: person.email, password: person.password },
      headers: { origin },
    });
    assert.equal(attempt.status, 403, attempt.text);
    assert.equal(attempt.headers.get('access-control-allow-origin'), null);
  });

  it('a client without PKCE is turned away, like every client of OAuth 2.1; with it the code is redeemed', async () => {
    const client = await registered(org);
    const url = authorizationUrl(org.http, org.api, {
      ...{ response_type: 'code', client_id: client.client_id, redirect_uri: APP_CALLBACK, scope: 'openid' },
    });
    const back = addressAt(await createFormDriver(org.http).open(url));
    assert.equal(back.searchParams.get('error'), 'invalid_request');
    assert.ok((await signInTo(client)).access_token);
  });

  it('attack 51: a member twice is refused, whichever would have counted', async () => {
    const body = `{"redirect_uris":["${APP_CALLBACK}"],"redirect_uris":["https://evil.example/cb"]}`;
    const answer = await org.http.send('POST', `${org.api}/connect/register`, {
      body,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 400, answer.text);
  });

  it('a software statement is refused by name, not ignored', async () => {
    await refused(
      register(org, { ...METADATA, software_statement: 'eyJhbGciOiJub25lIn0.e30.' }),
      400,
      'unapproved_software_statement',
    );
  });

  it('flooding: the quota holds, and a place that becomes free can be taken', async () => {
    const world = await createOrgWorld('reg-quota');
    await policy(world, { dynamic_client_registration_policy: 'open', dynamic_client_quota: 2 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(world, METADATA)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 409, 409, 409, 409, 409, 409]);
    const [taken] = answers.filter(({ status }) => status === 201);
    assert.ok(taken);
    const client = taken.json<Registered>();
    (await manage('DELETE', client, client.registration_access_token)).expect(204);
    await registered(world);
  });

  it('what is no registration is refused in words, never with a 5xx', async () => {
    for (const json of [
      null,
      [],
      'x',
      1,
      { redirect_uris: {} },
      { redirect_uris: [[]] },
      { redirect_uris: [APP_CALLBACK], jwks: 'x' },
    ]) {
      const answer = await register(org, json as object);
      assert.equal(answer.status, 400, answer.text);
    }
    const form = await org.http.send('POST', `${org.api}/connect/register`, { form: { redirect_uris: APP_CALLBACK } });
    assert.equal(form.status, 400);
  });
});

describe('attack 26: addresses of a registration lead nowhere inside', () => {
  it('beside the attacks: a sector on the allowed address is read', async () => {
    const sector = remote.serve('/sector-good.json', [APP_CALLBACK]);
    const client = await registered(org, { ...METADATA, subject_type: 'pairwise', sector_identifier_uri: sector });
    assert.equal(client.sector_identifier_uri, sector);
    assert.ok(remote.requests.includes('GET /sector-good.json'));
  });

  it('a sector on another loopback address, or inside, is never called', async () => {
    const forbidden = await startRemoteServer({ address: '127.0.0.2' });
    try {
      const document = forbidden.serve('/sector.json', [APP_CALLBACK]);
      for (const uri of [
        document,
        `https://127.0.0.2:${forbidden.port}/sector.json`,
        `https://2130706434:${forbidden.port}/sector.json`,
        `https://0x7f.2:${forbidden.port}/sector.json`,
        `https://[::ffff:127.0.0.2]:${forbidden.port}/sector.json`,
        `http://127.0.0.2:${forbidden.port}/sector.json`,
        'https://169.254.169.254/latest/meta-data/',
        'https://[fd00:ec2::254]/latest/',
        'https://10.0.0.1/',
      ]) {
        const pairwise = { ...METADATA, subject_type: 'pairwise', sector_identifier_uri: uri };
        await refused(register(org, pairwise), 400, 'invalid_client_metadata');
      }
      assert.deepEqual(forbidden.requests, []);
    } finally {
      await forbidden.close();
    }
  });

  it('a redirect of the sector, a body that does not end, a gzip bomb and what is no list are refused alike', async () => {
    const texts = new Set<string>();
    const bad = [
      remote.on('/redirect', (_request, response) => response.writeHead(302, { location: '/sector-good.json' }).end()),
      remote.on('/inside', (_request, response) =>
        response.writeHead(302, { location: 'https://169.254.169.254/' }).end(),
      ),
      remote.on('/huge', (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`["${APP_CALLBACK}"${`,"${'x'.repeat(1000)}"`.repeat(200)}]`);
      }),
      remote.serve('/compressed', [APP_CALLBACK], { 'content-encoding': 'gzip' }),
      remote.serve('/html', [APP_CALLBACK], { 'content-type': 'text/html' }),
      remote.serve('/object', { redirect_uris: [APP_CALLBACK] }),
      `${remote.origin}/missing`,
      'https://name-that-does-not-exist.invalid/sector.json',
    ];
    for (const uri of bad) {
      const answer = await refused(
        register(org, { ...METADATA, subject_type: 'pairwise', sector_identifier_uri: uri }),
        400,
        'invalid_client_metadata',
      );
      texts.add(answer.json<{ error_description: string }>().error_description);
    }
    assert.equal(texts.size, 1, [...texts].join('\n'));
    assert.ok(!remote.requests.includes('GET /sector-good.json') || remote.requests.indexOf('GET /redirect') >= 0);
  });

  for (const member of ['logo_uri', 'policy_uri', 'tos_uri', 'client_uri', 'jwks_uri', 'initiate_login_uri']) {
    it(`${member}: no address inside, no script`, async () => {
      for (const uri of ['https://169.254.169.254/', 'javascript:alert(1)', 'http://app.example/', 'data:,x']) {
        await refused(register(org, { ...METADATA, [member]: uri }), 400, 'invalid_client_metadata');
      }
    });
  }
});

describe('OpenID dynamic certification, by its modules', () => {
  it('oidcc-registration-logo-uri, -policy-uri, -tos-uri: they are registered, and people see the links on the consent page', async () => {
    const about = {
      logo_uri: 'https://app.example/logo.png',
      policy_uri: 'https://app.example/privacy',
      tos_uri: 'https://app.example/terms',
    };
    const client = await registered(org, { ...METADATA, ...about });
    assert.partialDeepStrictEqual(client, about);
    const browser = createFormDriver(org.http);
    const first = await browser.open(
      authorizationUrl(org.http, org.api, {
        ...{ response_type: 'code', client_id: client.client_id, redirect_uri: APP_CALLBACK, scope: 'openid' },
        ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
      }),
    );
    const signIn = pageAt(first);
    const consent = pageAt(
      await browser.submit(signIn, { email: person.email, password: person.password }, ['decision', 'sign_in']),
    );
    const links = consent.document.querySelectorAll('a').map((link) => link.getAttribute('href'));
    assert.ok(links.includes(about.policy_uri), links.join(' '));
    assert.ok(links.includes(about.tos_uri), links.join(' '));
  });

  it('oidcc-registration-sector-uri and -sector-bad: the document must list every redirect URI', async () => {
    const good = remote.serve('/s1.json', [APP_CALLBACK, 'https://app.example/two']);
    const pairwise = { subject_type: 'pairwise', sector_identifier_uri: good };
    const client = await registered(org, { redirect_uris: [APP_CALLBACK, 'https://app.example/two'], ...pairwise });
    assert.equal(client.subject_type, 'pairwise');
    await refused(
      register(org, { redirect_uris: ['https://app.example/three'], ...pairwise }),
      400,
      'invalid_client_metadata',
    );
  });

  it('oidcc-redirect-uri-regfrag: a redirect URI with a fragment is not registered', async () => {
    await refused(register(org, { redirect_uris: ['https://app.example/cb#x'] }), 400, 'invalid_redirect_uri');
  });

  it('oidcc-redirect-uri-query-OK, -query-mismatch, -query-added: the query belongs to the URI', async () => {
    const withQuery = `${APP_CALLBACK}?foo=bar`;
    const client = await registered(org, { ...METADATA, redirect_uris: [withQuery] });
    assert.ok((await signInTo(client, { redirect_uri: withQuery })).id_token);
    const plain = await registered(org);
    for (const [id, uri] of [
      [client.client_id, `${APP_CALLBACK}?foo=other`],
      [client.client_id, APP_CALLBACK],
      [plain.client_id, withQuery],
    ] as const) {
      const page = pageAt(
        await createFormDriver(org.http).open(
          authorizationUrl(org.http, org.api, {
            ...{ response_type: 'code', client_id: id, redirect_uri: uri, scope: 'openid' },
            ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
          }),
        ),
      );
      assert.equal(page.status, 400);
    }
  });

  it('oidcc-ensure-redirect-uri-in-authorization-request: with two of them one must be named', async () => {
    const client = await registered(org, { ...METADATA, redirect_uris: [APP_CALLBACK, 'https://app.example/two'] });
    const page = pageAt(
      await createFormDriver(org.http).open(
        authorizationUrl(org.http, org.api, {
          ...{ response_type: 'code', client_id: client.client_id, scope: 'openid' },
          ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
        }),
      ),
    );
    assert.equal(page.status, 400);
  });

  it('oidcc-idtoken-rs256: the ID token is signed with what the client registered', async () => {
    const client = await registered(org, { ...METADATA, id_token_signed_response_alg: 'RS256' });
    const { id_token: idToken = '' } = await signInTo(client);
    const header = JSON.parse(Buffer.from(idToken.split('.')[0] ?? '', 'base64url').toString()) as { alg: string };
    assert.equal(header.alg, 'RS256');
    assert.equal(claimsOf(idToken).aud, client.client_id);
  });

  it('oidcc-idtoken-unsigned: not supported, and said so', async () => {
    await refused(register(org, { ...METADATA, id_token_signed_response_alg: 'none' }), 400, 'invalid_client_metadata');
    assert.ok(!((await discovery(org)).id_token_signing_alg_values_supported as string[]).includes('none'));
  });

  it('oidcc-3rd_party-init-login and -nohttps: initiate_login_uri comes back, and is https', async () => {
    const uri = 'https://app.example/login';
    const client = await registered(org, { ...METADATA, initiate_login_uri: uri });
    assert.equal(client.initiate_login_uri, uri);
    const read = (await manage('GET', client, client.registration_access_token)).expect(200).json<Registered>();
    assert.equal(read.initiate_login_uri, uri);
    await refused(
      register(org, { ...METADATA, initiate_login_uri: 'http://app.example/login' }),
      400,
      'invalid_client_metadata',
    );
  });

  it('oidcc-server: without PKCE where the org lets its dynamic clients be OAuth 2.0', async () => {
    const world = await createOrgWorld('reg-oauth20');
    await policy(world, { dynamic_client_registration_policy: 'open', dynamic_client_require_pkce: false });
    const user = await world.addUser();
    const client = await registered(world, METADATA);
    const browser = createFormDriver(world.http);
    const first = await browser.open(
      authorizationUrl(world.http, world.api, {
        ...{
          response_type: 'code',
          client_id: client.client_id,
          redirect_uri: APP_CALLBACK,
          scope: 'openid',
          nonce: 'n',
        },
      }),
    );
    const callback = addressAt(await passHostedPages(browser, first, user));
    const tokens = await world.oauth.grant({
      ...{
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: APP_CALLBACK,
      },
      ...{ client_id: client.client_id, client_secret: client.client_secret ?? '' },
    });
    assert.equal(claimsOf(tokens.id_token ?? '').nonce, 'n');
  });
});
