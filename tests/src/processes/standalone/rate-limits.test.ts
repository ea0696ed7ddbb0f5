import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Standalone, startStandalone } from '../../shapes/standalone.js';
import { createFormDriver, pageAt } from '../../support/form-driver.js';
import type { Answer } from '../../support/http.js';
import { createOrgWorld, type OrgWorld, type TestClient } from '../../support/org-world.js';
import { pkcePair } from '../../support/pkce.js';
import { authorizationUrl } from '../../support/sign-in.js';

/** Small enough to be spent by a test; requests of one minute. */
const LIMITS = { oauth_token: 6, sign_in: 3, failed_credential: 4, decision: 8 } as const;

describe('Rate limits (contract 1.9)', () => {
  let standalone: Standalone;
  let org: OrgWorld;
  let other: OrgWorld;
  let machine: TestClient;

  before(async () => {
    standalone = await startStandalone({ settings: { LUMO_RATE_LIMITS: JSON.stringify(LIMITS) } });
    const { baseUrl, bootstrap } = standalone;
    const instance = { baseUrl, instanceKey: bootstrap.instanceKey };
    org = await createOrgWorld('limits', instance);
    other = await createOrgWorld('limits-b', instance);
    machine = await org.addClient({ applicationType: 'm2m' });
  });
  after(() => standalone?.stop());

  const left = ({ headers }: Answer) => Number(headers.get('x-ratelimit-remaining'));
  const assertHeaders = ({ headers }: Answer, limit: number) => {
    assert.equal(headers.get('x-ratelimit-limit'), String(limit));
    assert.match(headers.get('x-ratelimit-remaining') ?? '', /^\d+$/);
    const reset = Number(headers.get('x-ratelimit-reset'));
    const now = Date.now() / 1000;
    assert.ok(Number.isInteger(reset) && reset >= Math.floor(now) && reset <= now + 61, `${reset} is soon, in seconds`);
  };
  const assertSpent = (answer: Answer, limit: number) => {
    assertHeaders(answer.expect(429), limit);
    const { error, message, status } = answer.json();
    assert.deepEqual([error, status], ['rate_limit_exceeded', 429]);
    assert.equal(typeof message, 'string');
    assert.match(
      answer.headers.get('retry-after') ?? '',
      /^[1-9]\d?$/,
      'whole seconds, because clients parse an integer',
    );
  };

  it('every answer says what is left of its budget, and the last one when there is more', async () => {
    const check = () =>
      org.http.send('POST', '/api/v1/authz/check', {
        apiKey: org.apiKey,
        json: { permission: 'x', user_id: org.admin.id },
      });
    const first = (await check()).expect(200);
    assertHeaders(first, LIMITS.decision);
    assert.equal(left(first), LIMITS.decision - 1);
    for (let spent = 2; spent <= LIMITS.decision; spent++)
      assert.equal(left((await check()).expect(200)), LIMITS.decision - spent);
    assertSpent(await check(), LIMITS.decision);
  });

  it('a budget is of one kind of request, of one credential, of one org', async () => {
    (await org.http.send('GET', `${org.api}/admin/users`, { apiKey: org.apiKey })).expect(200);
    const check = (apiKey: string, id: string) =>
      org.http.send('POST', '/api/v1/authz/check', { apiKey, json: { permission: 'x', user_id: id } });
    const key = await org.call('POST', '/admin/api-keys', { name: 'Second', scopes: ['admin:read'] }, 201);
    (await check(key.json<{ data: { key: string } }>().data.key, org.admin.id)).expect(200);
    (await check(other.apiKey, other.admin.id)).expect(200);
  });

  it('the token endpoint counts addresses, and believes nobody who writes another one', async () => {
    const token = (headers: Readonly<Record<string, string>> = {}) =>
      org.oauth.token(
        { grant_type: 'client_credentials', client_id: machine.clientId, client_secret: machine.clientSecret },
        { headers },
      );
    for (let spent = 1; spent <= LIMITS.oauth_token; spent++) {
      assertHeaders((await token({ 'x-forwarded-for': `203.0.113.${spent}` })).expect(200), LIMITS.oauth_token);
    }
    assertSpent(await token({ 'x-forwarded-for': '203.0.113.99' }), LIMITS.oauth_token);
  });

  it('the sign-in page can be looked at often and posted seldom', async () => {
    const app = await org.addClient();
    const url = authorizationUrl(org.http, org.api, {
      ...{ response_type: 'code', client_id: app.clientId, redirect_uri: app.redirectUri },
      ...{ code_challenge: pkcePair().challenge, code_challenge_method: 'S256' },
    });
    for (let look = 0; look < LIMITS.sign_in * 3; look++)
      assert.equal(pageAt(await createFormDriver(org.http).open(url)).status, 200);
    const driver = createFormDriver(org.http);
    const page = pageAt(await driver.open(url));
    for (let attempt = 1; attempt <= LIMITS.sign_in; attempt++) {
      assert.equal(
        pageAt(await driver.submit(page, { email: `nobody${attempt}@example.test`, password: 'wrong password' }))
          .status,
        400,
      );
    }
    assert.equal(
      pageAt(await driver.submit(page, { email: 'nobody@example.test', password: 'wrong password' })).status,
      429,
    );
  });

  it('who only fails to say who they are spends a budget of failures, and nobody else pays for it', async () => {
    const guess = (n: number) =>
      org.http.send('GET', `${org.api}/admin/users`, { apiKey: `lmk_${'0'.repeat(42)}${n}` });
    for (let failed = 1; failed <= LIMITS.failed_credential; failed++) (await guess(failed)).expect(401);
    assertSpent(await guess(9), LIMITS.failed_credential);
    (await org.http.send('GET', `${org.api}/admin/users`, { apiKey: org.apiKey })).expect(200);
  });

  it('probes are never refused', async () => {
    for (let probe = 0; probe < 50; probe++) {
      const answer = await org.http.send('GET', '/livez', { undescribed: 'a document of the gateway' });
      assert.equal(answer.expect(200).headers.get('x-ratelimit-limit'), null);
    }
  });
});
