import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Standalone, startStandalone } from '../../shapes/standalone.js';
import { auditLog } from '../../support/audit-log.js';
import { createFormDriver, pageAt } from '../../support/form-driver.js';
import { createHttp, type Http } from '../../support/http.js';
import { authorizationUrl, signIn } from '../../support/sign-in.js';
import { type TokenEndpoint, tokenEndpoint } from '../../support/tokens.js';
import { databaseText } from './database-text.js';

const MISSING = { undescribed: 'a path that does not exist on purpose' };

/** Everything a thief could use, by what it is. */
const planted = new Map<string, string>();

function plant(name: string, secret: string | undefined): string {
  assert.ok(secret !== undefined && secret.length >= 16, `${name} is long enough to be found`);
  planted.set(name, secret);
  return secret;
}

function invent(name: string): string {
  return plant(name, `Aa1!${randomBytes(24).toString('base64url')}`);
}

describe('Secrets that are sent to the wrong place, at LOG_LEVEL=debug', () => {
  let standalone: Standalone;
  let http: Http;
  let api: string;
  let oauth: TokenEndpoint;
  before(async () => {
    standalone = await startStandalone({ settings: { LOG_LEVEL: 'debug' } });
    const { bootstrap, baseUrl, dataDir } = standalone;
    http = createHttp(baseUrl);
    api = `/orgs/${bootstrap.org}/api/v1`;
    oauth = tokenEndpoint(http, api);
    plant('password of admin', bootstrap.admin.password);
    plant('password of alice', bootstrap.alice.password);
    plant('API key', bootstrap.apiKey);
    plant('instance key', bootstrap.instanceKey);
    plant('client secret', bootstrap.clients.m2m.clientSecret);
    plant('agent secret', bootstrap.agent.clientSecret);
    plant('master key', (await readFile(join(dataDir, 'master.key'), 'utf8')).trim());
    plant('database password', (await readFile(join(dataDir, 'postgres', 'password'), 'utf8')).trim());
  });
  after(() => standalone.stop());

  it('codes and tokens that are replayed, or sent as something else', async () => {
    const { alice, clients } = standalone.bootstrap;
    const { spa, m2m } = clients;
    const client = { clientId: spa.clientId, redirectUri: spa.redirectUris[0] ?? '' };
    const scope = 'openid offline_access';
    const { code, verifier } = await signIn(http, { apiPath: api, client, person: alice, scope });
    const form = {
      grant_type: 'authorization_code',
      code: plant('code', code),
      redirect_uri: client.redirectUri,
      client_id: client.clientId,
      code_verifier: plant('PKCE verifier', verifier),
    };
    const tokens = await oauth.grant(form);
    const refresh = plant('refresh token', tokens.refresh_token);
    const access = plant('access token', tokens.access_token);
    plant('ID token', tokens.id_token);
    const rest = { client_id: client.clientId };
    await oauth.refused({ grant_type: 'refresh_token', refresh_token: code, ...rest }, 400, 'invalid_grant');
    await oauth.refused({ grant_type: 'refresh_token', refresh_token: access, ...rest }, 400, 'invalid_grant');
    await oauth.refused({ ...form, code: refresh }, 400, 'invalid_grant');
    await oauth.refused(form, 400, 'invalid_grant');
    for (const secret of [code, refresh, access]) {
      await oauth.token({ grant_type: secret, ...rest });
      await oauth.token({ grant_type: 'client_credentials', client_id: secret, client_secret: m2m.clientSecret });
      await oauth.token({ ...rest, grant_type: 'authorization_code', code: 'x', redirect_uri: secret });
      await oauth.token({ grant_type: 'client_credentials', client_id: m2m.clientId, scope: secret });
    }
  });

  it('people and programs that put secrets where they do not belong are refused', async () => {
    const { clients, alice, apiKey } = standalone.bootstrap;
    const browser = createFormDriver(http);
    const page = pageAt(
      await browser.open(
        authorizationUrl(http, api, {
          response_type: 'code',
          client_id: clients.spa.clientId,
          redirect_uri: clients.spa.redirectUris[0] ?? '',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        }),
      ),
    );
    const button = ['decision', 'sign_in'] as const;
    const wrong = { email: alice.email, password: invent('wrong password') };
    await browser.submit(page, wrong, button);
    // A password typed into the field of the address.
    await browser.submit(page, { email: invent('password as address'), password: invent('other password') }, button);
    const loginJson = { email: alice.email, password: invent('wrong password as JSON') };
    (await http.send('POST', `${api}/oauth/login/json`, { json: loginJson })).expect(401);

    const grant = { grant_type: 'client_credentials', client_id: clients.m2m.clientId };
    await oauth.refused({ ...grant, client_secret: invent('wrong secret') }, 401, 'invalid_client');
    const basic = [clients.m2m.clientId, invent('wrong secret in the header')] as const;
    await oauth.refused({ grant_type: 'client_credentials' }, 401, 'invalid_client', { basic });
    await oauth.refused(
      { ...grant, client_secret: invent('wrong agent'), client_id: 'agt_none' },
      401,
      'invalid_client',
    );
    await oauth.token({ grant_type: invent('secret as grant type'), client_id: clients.m2m.clientId });
    await oauth.token({
      grant_type: 'authorization_code',
      code: invent('wrong code'),
      client_id: clients.spa.clientId,
    });
    await oauth.token({ grant_type: 'refresh_token', refresh_token: invent('wrong refresh token') });

    const inQuery = new URLSearchParams({
      client_secret: invent('secret in the query'),
      access_token: invent('token in the query'),
      api_key: apiKey,
    });
    await http.send('POST', `${api}/oauth/token?${inQuery}`, { form: grant });
    await http.send('GET', `${api}/admin/users?${inQuery}`, { apiKey });
    await http.send('GET', `/nowhere?${inQuery}`, MISSING);
    await http.send('GET', `/nowhere/${invent('secret in the path')}`, MISSING);

    const headers = { 'content-type': 'application/json' };
    const body = `{"email":"x@secrets.test","password":"${invent('password in broken JSON')}"`;
    (await http.send('POST', `${api}/admin/users`, { apiKey, headers, body })).expect(400);
    const unknown = { email: 'y@secrets.test', passwort: invent('password under another name') };
    (await http.send('POST', `${api}/admin/users`, { apiKey, json: unknown })).expect(400);
    const short = { email: 'no address', password: invent('password beside a wrong address') };
    (await http.send('POST', `${api}/admin/users`, { apiKey, json: short })).expect(400);
    (await http.send('GET', `${api}/admin/users`, { apiKey: invent('wrong API key') })).expect(401);
    (await http.send('GET', `${api}/oauth/userinfo`, { bearer: invent('wrong token') })).expect(401);
    (await http.send('GET', '/api/v1/instance/orgs', { bearer: invent('wrong instance key') })).expect(401);
  });

  it('stand in no line of the log', async () => {
    const banner = /\n {2}LumoAuth is running on [\s\S]*? -d client_secret=\S+\n/;
    const output = standalone.program.output();
    assert.match(output, banner, 'the banner shows the credentials of the first start on purpose');
    const log = output.replace(banner, '\n');
    assert.ok(log.split('\n').filter((line) => line.includes('"request"')).length > 30, 'every request was logged');
    requireAbsent(log, 'the log');
    requireAbsent(await readFile(join(standalone.dataDir, 'postgres', 'server.log'), 'utf8'), "the database's log");
    requireAbsent((await http.send('GET', '/metrics', MISSING)).text, 'the metrics');
  });

  it('stand in no audit record, as it is read and as it is stored', async () => {
    const log = auditLog(http, api, standalone.bootstrap.apiKey);
    for (const action of ['auth.login.failure', 'token.refused', 'oauth.security.code_reuse_detected']) {
      await log.find(action);
    }
    const entries = await log.list();
    requireAbsent(JSON.stringify(await Promise.all(entries.map(({ id }) => log.detail(id)))), 'an audit record');
  });

  it('stand in no table of the database in clear: not in events, not in dead letters', async () => {
    const tables = await databaseText(standalone.adminDatabaseUrl);
    for (const name of ['authn.artifacts', 'audit.log', 'authn.dead_letters']) {
      assert.ok(tables.has(name), name);
    }
    assert.notEqual(tables.get('audit.log'), '', 'the log holds what happened');
    for (const [name, text] of tables) requireAbsent(text, name);
  });
});

/** Fails with the names of the secrets, in whatever spelling they are there, and never with their values. */
function requireAbsent(text: string, where: string): void {
  const found = [...planted].flatMap(([name, secret]) =>
    spellingsOf(secret).some((spelling) => text.includes(spelling)) ? [name] : [],
  );
  assert.deepEqual(found, [], `secrets in ${where}`);
}

function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Without the last characters: they depend on what follows.
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), base64];
}
