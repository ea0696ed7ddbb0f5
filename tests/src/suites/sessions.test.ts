import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { auditLog } from '../support/audit-log.js';
import { addressAt, type FormDriver } from '../support/form-driver.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { authorizationUrl, signIn } from '../support/sign-in.js';
import type { TokenAnswer } from '../support/tokens.js';
import { waitUntil } from '../support/wait-until.js';

interface Session {
  readonly id: number;
  readonly userId: string;
  readonly userEmail: string;
  readonly clients: readonly string[];
}

interface SignedInPerson {
  readonly user: TestUser;
  readonly browser: FormDriver;
  readonly tokens: TokenAnswer;
}

let org: OrgWorld;
let app: TestClient;
before(async () => {
  org = await createOrgWorld('sessions');
  app = await org.addClient();
});

const arrive = async (user: TestUser, browser?: FormDriver): Promise<SignedInPerson> => {
  const request = { apiPath: org.api, client: app, person: user, ...(browser && { browser }) };
  const signedIn = await signIn(org.http, request);
  const tokens = await org.oauth.grant({
    grant_type: 'authorization_code',
    code: signedIn.code,
    redirect_uri: app.redirectUri,
    client_id: app.clientId,
    code_verifier: signedIn.verifier,
  });
  return { user, browser: signedIn.browser, tokens };
};
const list = async (path: string) => (await org.call('GET', path)).json<{ data: Session[]; meta: { total: number } }>();
const sessionsOf = async ({ id }: TestUser) => (await list(`/admin/users/${id}/sessions`)).data;
/** What an application learns that asks without bothering the person. */
const silent = async ({ browser }: SignedInPerson) => {
  const url = authorizationUrl(org.http, org.api, {
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    scope: 'openid',
    prompt: 'none',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return addressAt(await browser.open(url)).searchParams.get('error') ?? 'code';
};
const refresh = ({ tokens }: SignedInPerson) =>
  org.oauth.token({
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token ?? '',
    client_id: app.clientId,
  });
const userinfo = ({ tokens }: SignedInPerson) =>
  org.http.send('GET', `${org.api}/oauth/userinfo`, { bearer: tokens.access_token });

/** The session is gone, and with it everything that was issued in it. */
async function isOver(person: SignedInPerson): Promise<void> {
  assert.equal(await silent(person), 'login_required');
  assert.equal((await refresh(person)).json<{ error: string }>().error, 'invalid_grant');
  await waitUntil(async () => (await userinfo(person)).status === 401, { what: 'the access token is refused' });
}

async function goesOn(person: SignedInPerson): Promise<void> {
  assert.equal(await silent(person), 'code');
  (await userinfo(person)).expect(200);
}

describe('Sessions of an org (contract 7.5)', () => {
  it('are listed with who, where from and at which clients, and counted', async () => {
    const person = await arrive(await org.addUser());
    const [session, ...others] = await sessionsOf(person.user);
    assert.ok(session);
    assert.deepEqual(others, []);
    assert.equal(session.userEmail, person.user.email);
    assert.deepEqual(session.clients, [app.clientId]);
    const byMail = await list(`/admin/sessions?userId=${encodeURIComponent(person.user.email)}`);
    assert.deepEqual(
      byMail.data.map(({ id }) => id),
      [session.id],
    );
    assert.ok((await list('/admin/sessions')).data.some(({ id }) => id === session.id));
    const { count } = (await org.call('GET', '/admin/sessions/count')).json<{ count: number }>();
    const stats = (await org.call('GET', '/admin/sessions/stats')).json<{ total: number; active: number }>();
    assert.ok(count >= 1 && stats.active === count && stats.total >= count);
    assert.equal((await list('/admin/sessions?ipAddress=203.0.113.9')).meta.total, 0);
  });

  it('one ends by its id, with everything issued in it; the other one of the same person goes on', async () => {
    const user = await org.addUser();
    const phone = await arrive(user);
    const [first] = await sessionsOf(user);
    const laptop = await arrive(user);
    assert.equal((await sessionsOf(user)).length, 2);
    await org.call('DELETE', `/admin/sessions/${first?.id}`);
    await isOver(phone);
    await goesOn(laptop);
    await org.call('DELETE', `/admin/sessions/${first?.id}`, undefined, 404);
    const log = auditLog(org.http, org.api, org.apiKey);
    await log.find('session.revoked', ({ targetId }) => targetId === user.id);
  });

  it('all of a person end, by DELETE and by POST', async () => {
    for (const [method, path] of [
      ['DELETE', 'sessions'],
      ['POST', 'sessions/revoke'],
    ] as const) {
      const user = await org.addUser();
      const bystander = await arrive(await org.addUser());
      const both = [await arrive(user), await arrive(user)];
      const answer = await org.call(method, `/admin/users/${user.email}/${path}`);
      assert.equal(answer.json<{ data: { revoked: number } }>().data.revoked, 2);
      for (const person of both) await isOver(person);
      await goesOn(bystander);
      assert.deepEqual(await sessionsOf(user), []);
    }
  });

  it('sign-out leaves what was issued for offline use; a revoked session does not', async () => {
    const user = await org.addUser();
    const leaving = await arrive(user);
    const url = `${org.issuer}/oauth/logout?id_token_hint=${leaving.tokens.id_token}`;
    await leaving.browser.open(url);
    assert.equal(await silent(leaving), 'login_required');
    (await refresh(leaving)).expect(200);
    const revoked = await arrive(user);
    await org.call('DELETE', `/admin/users/${user.id}/sessions`);
    await isOver(revoked);
  });

  it('who manages users cannot end the session of somebody above', async () => {
    const boss = await org.addUser({ roles: ['admin'] });
    const bossSession = await arrive(boss);
    const [session] = await sessionsOf(boss);
    const helper = await org.addUser({ roles: ['user_manager'] });
    const helperApp = await org.addClient({ isFirstParty: true, scopes: ['openid', 'admin:users'] });
    const { access_token } = await org.tokensOf(helper, helperApp, 'openid admin:users');
    for (const path of [`sessions/${session?.id}`, `users/${boss.id}/sessions`, `users/${boss.id}/tokens`]) {
      (await org.http.send('DELETE', `${org.api}/admin/${path}`, { bearer: access_token })).expect(403);
    }
    await goesOn(bossSession);
    const other = await arrive(await org.addUser());
    const [below] = await sessionsOf(other.user);
    (await org.http.send('DELETE', `${org.api}/admin/sessions/${below?.id}`, { bearer: access_token })).expect(200);
    await isOver(other);
  });

  it('are nobody’s business in another org', async () => {
    const person = await arrive(await org.addUser());
    const [session] = await sessionsOf(person.user);
    const other = await createOrgWorld('sessions-other');
    await other.call('DELETE', `/admin/sessions/${session?.id}`, undefined, 404);
    await other.call('DELETE', `/admin/users/${person.user.id}/sessions`, undefined, 404);
    await other.call('POST', '/admin/sessions/revoke-all', { confirm: true });
    await goesOn(person);
  });

  it('all of the org end at once, where somebody means it', async () => {
    const mine = await createOrgWorld('sessions-all');
    const client = await mine.addClient();
    const people = await Promise.all([mine.addUser(), mine.addUser()]);
    const tokens = await Promise.all(people.map((person) => mine.tokensOf(person, client)));
    for (const body of [{}, { confirm: false }, { confirm: 'true' }]) {
      await mine.call('POST', '/admin/sessions/revoke-all', body, 400);
    }
    const answer = await mine.call('POST', '/admin/sessions/revoke-all', { confirm: true });
    assert.equal(answer.json<{ data: { revoked: number } }>().data.revoked, 2);
    for (const { refresh_token = '' } of tokens) {
      const form = { grant_type: 'refresh_token', refresh_token, client_id: client.clientId };
      await mine.oauth.refused(form, 400, 'invalid_grant');
    }
  });
});

describe('Tokens of an org (contract 7.5)', () => {
  interface Entry {
    readonly id: number;
    readonly clientId: string;
    readonly scopes: readonly string[];
  }
  const tokensOf = async ({ id }: TestUser) =>
    (await org.call('GET', `/admin/tokens?userId=${id}`)).json<{ data: readonly Entry[] }>().data;

  it('are listed by person and client, and end one by one; the session goes on', async () => {
    const person = await arrive(await org.addUser());
    const [entry] = await tokensOf(person.user);
    assert.equal(entry?.clientId, app.clientId);
    assert.ok(entry?.scopes.includes('openid'));
    await org.call('DELETE', `/admin/tokens/${entry?.id}`);
    assert.equal((await refresh(person)).json<{ error: string }>().error, 'invalid_grant');
    await waitUntil(async () => (await userinfo(person)).status === 401, { what: 'the access token is refused' });
    assert.deepEqual(await tokensOf(person.user), []);
    assert.notEqual(await silent(person), 'login_required');
  });

  it('all of a person, and all of a client', async () => {
    const person = await arrive(await org.addUser());
    await org.call('DELETE', `/admin/users/${person.user.id}/tokens`);
    await isOver(person);

    const client = await org.addClient();
    const other = await org.tokensOf(await org.addUser(), client);
    const untouched = await arrive(await org.addUser());
    await org.call('POST', `/admin/clients/${client.clientId}/tokens/revoke`);
    const form = { grant_type: 'refresh_token', refresh_token: other.refresh_token ?? '', client_id: client.clientId };
    await org.oauth.refused(form, 400, 'invalid_grant');
    await goesOn(untouched);
  });
});
