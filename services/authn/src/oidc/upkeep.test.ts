import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LumoEvent } from '@lumo/contracts';
import { type Org, runInContext, systemContext } from '@lumo/tenancy';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import { authorizeUrl, CALLBACK, clientCredentials, introspect } from '../testing/protocol.js';

describe('what is done though nobody asks', () => {
  let stage: OidcStage;
  let orgs: readonly Org[];
  let m2m: StageClient;
  let spa: StageClient;

  before(async () => {
    stage = await openOidcStage();
    orgs = [await stage.newOrg('acme'), await stage.newOrg('other')];
    m2m = await stage.newClient(acme(), { applicationType: 'm2m', scopes: ['a'] });
    spa = await stage.newClient(acme(), {
      applicationType: 'spa',
      redirectUris: [CALLBACK],
      grantTypes: ['authorization_code'],
    });
  });
  after(() => stage.close());

  const acme = (): Org => {
    const [first] = orgs;
    assert.ok(first);
    return first;
  };
  const count = async (table: string, where = 'true') => {
    const rows = await stage.admin<{ n: string }>(`select count(*) as n from authn.${table} where ${where}`);
    return Number(rows[0]?.n);
  };

  it('expired rows and revocations are removed, others stay', async () => {
    for (let i = 0; i < 3; i++)
      await fetch(authorizeUrl(stage, acme(), spa, { scope: 'openid' }), { redirect: 'manual' });
    await stage.admin(`update authn.artifacts set expires_at = now() - interval '1 second' where ctid in
      (select ctid from authn.artifacts limit 2)`);
    await stage.admin(
      `insert into authn.revocations (org, kind, name, expires_at)
       values ($1, 'token', 'old', now() - interval '1 second'), ($1, 'token', 'new', now() + interval '1 hour')`,
      [acme().id],
    );
    await stage.runJob('authn.sweep');
    assert.equal(await count('artifacts'), 1);
    assert.equal(await count('revocations', "name = 'old'"), 0);
    assert.equal(await count('revocations', "name = 'new'"), 1);
  });

  it('clients that anybody could bring here and nobody used are forgotten, others stay', async () => {
    const copy = (clientId: string, origin: string) =>
      stage.admin(
        `insert into authn.clients (org_id, client_id, name, application_type, token_endpoint_auth_method, redirect_uris,
           grant_types, scopes, requires_pkce, is_first_party, is_active, origin, created_at, updated_at)
         select org_id, $2, name, application_type, token_endpoint_auth_method, redirect_uris, grant_types, scopes,
           requires_pkce, is_first_party, true, $3, now(), now() from authn.clients where client_id = $1`,
        [spa.clientId, clientId, origin],
      );
    const register = async (clientId: string, madeWith: string, days: number) => {
      await copy(clientId, 'dynamic');
      await stage.admin(
        `insert into authn.client_registrations (org_id, client_id, token_sha256, made_with, created_at, changed_at)
         values ($1, $2::text, sha256(convert_to($2::text, 'utf8')), $3, now() - $4 * interval '1 day', now() - $4 * interval '1 day')`,
        [acme().id, clientId, madeWith, days],
      );
    };
    const describeItself = async (clientId: string, days: number) => {
      await copy(clientId, 'metadata_document');
      await stage.admin(
        `insert into authn.client_documents (org_id, client_id, digest, fetched_at, fresh_until)
         values ($1, $2, 'd', now() - $3 * interval '1 day', now())`,
        [acme().id, clientId, days],
      );
      await stage.admin(
        `insert into authn.client_snapshots (org_id, client_id, digest, profile, seen_at) values ($1, $2, 'old', '{}', now())`,
        [acme().id, clientId],
      );
    };
    await register('cli_abandoned', 'nothing', 8);
    await register('cli_young', 'nothing', 6);
    await register('cli_wanted', 'api_key', 8);
    await describeItself('https://a.example/gone', 2);
    await describeItself('https://a.example/stays', 0);
    await stage.runJob('authn.sweep');
    const rows = await stage.admin<{ client_id: string }>(
      `select client_id from authn.clients where org_id = $1 and origin <> 'admin' order by client_id`,
      [acme().id],
    );
    assert.deepEqual(
      rows.map((row) => row.client_id),
      ['cli_wanted', 'cli_young', 'https://a.example/stays'],
    );
    assert.equal(await count('client_documents'), 1);
    assert.equal(await count('client_snapshots'), 0, 'nothing refers to this version');
  });

  it('every org gets signing keys and keeps them', async () => {
    await stage.runJob('authn.signing-keys');
    const before = await count('signing_keys');
    assert.equal(await count('signing_keys', "state = 'active'"), orgs.length);
    await stage.runJob('authn.signing-keys');
    assert.equal(await count('signing_keys'), before);
  });

  it('one org that fails does not keep the others from their turn', async () => {
    const broken = await stage.newOrg('broken');
    const after = await stage.newOrg('zulu');
    // A key of another installation cannot be opened, so it cannot be sealed again.
    await stage.admin(
      `insert into authn.signing_keys (org_id, kid, alg, state, public_jwk, master_key_id, sealed, created_at)
       values ($1, 'sig_foreign', 'ES256', 'active', '{}', 'ffffffffffff', '\\x00', now())`,
      [broken.id],
    );
    await stage.runJob('authn.signing-keys');
    assert.equal(await count('signing_keys', `org_id = '${after.id}' and state = 'active'`), 1);
  });

  describe('news of agents', () => {
    const news = (agentId: string, data: Record<string, unknown>): LumoEvent => ({
      id: 'e',
      name: 'agent.disabled',
      orgId: acme().id,
      occurredAt: new Date().toISOString(),
      actor: { type: 'service', id: 'agents' },
      actorChain: [],
      target: { type: 'agent', id: agentId },
      result: 'success',
      data,
      requestId: 'test',
    });
    const hear = (name: 'agent.disabled' | 'agent.updated', event: LumoEvent) =>
      runInContext(systemContext('authn', 'test', acme()), () =>
        stage.transaction((tx) => Promise.resolve(stage.app.oidc.consumers[name]?.([event], tx))),
      );

    it('end their tokens at the gateways, also those they act with', async () => {
      const agent = stage.agents.create(acme().id, 'a');
      const token = await clientCredentials(stage, acme(), { clientId: agent.agentId, secret: agent.secret });
      assert.equal((await introspect(stage, acme(), m2m, token.body.access_token)).body.active, true);
      const { position } = await stage.app.verification.revocationsSince(0n);
      await hear('agent.disabled', news(agent.agentId, { tokensNotBefore: Math.ceil(Date.now() / 1000) + 1 }));
      const { revocations } = await stage.app.verification.revocationsSince(position);
      assert.deepEqual(
        revocations.map(({ what }) => what),
        [{ kind: 'subject', subject: `agent_${agent.agentId}` }],
      );
      assert.equal((await introspect(stage, acme(), m2m, token.body.access_token)).body.active, false);
    });

    it('that leave tokens alone change nothing', async () => {
      const before = await count('revocations');
      await hear('agent.updated', news('agt_x', { changed: ['name'] }));
      assert.equal(await count('revocations'), before);
    });
  });
});
