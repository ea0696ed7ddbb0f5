import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { type Standalone, startStandalone } from '../../shapes/standalone.js';
import { auditLog } from '../../support/audit-log.js';
import { exchangeForm } from '../../support/delegation.js';
import { createOrgWorld, goodPassword, type OrgWorld } from '../../support/org-world.js';
import { signIn } from '../../support/sign-in.js';

/** A value that must stay where it belongs, and the name to report it by. */
interface Planted {
  readonly what: string;
  readonly secret: string;
}

/**
 * Attack 50: everything that is secret is used once, in success and in failure, with the log at its most talkative. Then
 * the log, the database, the events and the audit log are searched for it.
 */
describe('Secrets stay where they belong', () => {
  let standalone: Standalone;
  let org: OrgWorld;
  let dump = '';
  let exported = '';
  const planted: Planted[] = [];
  const plant = (what: string, secret: string | undefined): string => {
    assert.ok(secret && secret.length >= 8, what);
    planted.push({ what, secret });
    return secret;
  };

  before(async () => {
    standalone = await startStandalone({ settings: { LOG_LEVEL: 'trace' } });
    const { bootstrap, baseUrl } = standalone;
    org = await createOrgWorld('secrets', { baseUrl, instanceKey: bootstrap.instanceKey });
    plant('the instance key', bootstrap.instanceKey);
    plant('the password of the seeded person', bootstrap.alice.password);
    plant('the secret of the seeded machine', bootstrap.clients.m2m.clientSecret);
    plant('the master key', (await readFile(join(standalone.dataDir, 'master.key'), 'utf8')).trim());
    await useEverything();
    await failWithEverything();
    const log = auditLog(org.http, org.api, org.apiKey);
    for (const last of ['auth.login.failure', 'token.exchanged', 'agent.action', 'api_key.created'])
      await log.find(last);
    dump = await dumpDatabase(standalone.adminDatabaseUrl);
    exported = (await org.call('GET', '/admin/audit-logs/export?format=json')).text;
    await standalone.stop();
  });
  after(() => standalone?.program.end('SIGKILL'));

  async function useEverything(): Promise<void> {
    plant('the API key', org.apiKey);
    plant('the password of an administrator', org.admin.password);
    const person = await org.addUser();
    plant('the password of a person', person.password);
    const spa = await org.addClient({ scopes: ['openid', 'offline_access', 'document.read'] });
    const machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
    plant('the secret of a client', machine.clientSecret);
    const agent = await org.addAgent(['document.read', 'delegate:on_behalf']);
    plant('the secret of an agent', agent.clientSecret);

    const signedIn = await signIn(org.http, {
      apiPath: org.api,
      client: spa,
      person,
      scope: 'openid offline_access document.read',
    });
    plant('an authorization code', signedIn.code);
    plant('a PKCE verifier', signedIn.verifier);
    for (const { name, value } of signedIn.browser.cookies()) plant(`the cookie ${name}`, value);
    const code = {
      ...{ grant_type: 'authorization_code', code: signedIn.code, code_verifier: signedIn.verifier },
      ...{ client_id: spa.clientId, redirect_uri: spa.redirectUri },
    };
    const tokens = await org.oauth.grant(code);
    plant('an access token', tokens.access_token);
    plant('an ID token', tokens.id_token);
    const refresh = plant('a refresh token', tokens.refresh_token);
    const renewed = await org.oauth.grant({
      grant_type: 'refresh_token',
      refresh_token: refresh,
      client_id: spa.clientId,
    });
    plant('a rotated refresh token', renewed.refresh_token);
    const actor = plant('the token of an agent', await org.agentToken(agent));
    const delegated = plant(
      'a delegated token',
      (await org.oauth.grant(exchangeForm(tokens.access_token, actor))).access_token,
    );
    await org.oauth.introspect(delegated, machine);
    (
      await org.http.send('POST', `${org.api}/agents/ask`, { bearer: delegated, json: { action: 'document.read' } })
    ).expect(200);
    (
      await org.http.send('POST', '/api/v1/authz/check', { bearer: renewed.access_token, json: { permission: 'x' } })
    ).expect(200);

    const password = plant('a password that was set', goodPassword());
    await org.call('PUT', `/admin/users/${person.id}/password`, { password });
    const rotated = await org.call('POST', `/admin/clients/${machine.clientId}/rotate-secret`, {});
    plant('a rotated secret', rotated.json<{ data: { secret: string } }>().data.secret);
    const key = await org.call('POST', '/admin/api-keys', { name: 'Second', scopes: ['admin:read'] }, 201);
    plant('a second API key', key.json<{ data: { key: string } }>().data.key);
    await org.http.send('POST', `${org.api}/oauth/revoke`, { form: { token: refresh, client_id: spa.clientId } });
  }

  /** What is refused is logged as well. */
  async function failWithEverything(): Promise<void> {
    const spa = await org.addClient();
    const typo = plant('a wrong password', goodPassword());
    await assert.rejects(
      signIn(org.http, { apiPath: org.api, client: spa, person: { email: org.admin.email, password: typo } }),
    );
    const wrong = plant('a wrong client secret', `wrong-${goodPassword()}`);
    await org.oauth.refused(
      { grant_type: 'client_credentials', client_id: spa.clientId, client_secret: wrong },
      401,
      'invalid_client',
    );
    await org.oauth.token({ grant_type: 'client_credentials' }, { basic: ['cli_unknown', wrong] });
    const unknown = plant('an unknown API key', `lmk_${Buffer.from(crypto.randomUUID()).toString('base64url')}`);
    (await org.http.send('GET', `${org.api}/admin/users`, { apiKey: unknown })).expect(401);
    (await org.http.send('GET', `${org.api}/admin/users`, { bearer: unknown })).expect(401);
    (await org.http.send('GET', `${org.api}/admin/users?api_key=${unknown}`)).expect(400);
    (await org.http.send('GET', `${org.api}/admin/users?access_token=${unknown}`)).expect(400);
    const weak = plant('a refused password', 'weakling');
    await org.call('POST', '/admin/users', { email: 'weak@example.test', password: weak, unknownMember: weak }, 400);
    const broken = `{"email":"broken@example.test","password":"${plant('a password in a broken body', goodPassword())}"`;
    const answer = await org.http.send('POST', `${org.api}/admin/users`, {
      apiKey: org.apiKey,
      body: broken,
      headers: { 'content-type': 'application/json' },
    });
    answer.expect(400);
  }

  /** The secret itself, and the spellings in which it travels or would be stored. */
  const spellings = ({ secret }: Planted): readonly string[] => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
  ];
  const assertAbsent = (where: string, text: string) => {
    for (const one of planted) {
      for (const spelling of spellings(one)) assert.ok(!text.includes(spelling), `${one.what} stands in ${where}`);
    }
  };

  it('enough was planted, and there is a log to search', () => {
    assert.ok(planted.length > 25, String(planted.length));
    const lines = standalone.program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    assert.ok(lines.length > 50, `the log has ${lines.length} lines`);
    assert.ok(
      lines.some((line) => line.includes('/oauth/token')),
      'requests are logged at this level',
    );
  });

  it('not in the log', () => assertAbsent('the log', standalone.program.output()));

  it('not in the events and the audit log', async () => {
    assert.match(exported, /auth\.login\.failure/);
    assertAbsent('the audit log', exported);
  });

  it('not in the database: what is checked is hashed, what is needed is encrypted', () => {
    assert.match(dump, /auth\.login\.success/, 'the dump holds what happened');
    assertAbsent('the database', dump);
  });
});

/** Every row of every table as text; binary columns as hex. */
async function dumpDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const parts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`);
      parts.push(...rows.map(({ row }) => row));
    }
    return parts.join('\n');
  } finally {
    await client.end();
  }
}
