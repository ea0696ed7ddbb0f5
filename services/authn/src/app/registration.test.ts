import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OrgRecord } from '../core/org.js';
import type { RegistrationSettings } from '../core/registration-settings.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';
import { refusal } from '../testing/refusal.js';
import type { RegistrationCredential } from './registration/admit-registration.js';

type Answer = Record<string, unknown> & {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
};

const METADATA = { redirect_uris: ['https://app.example/cb'], client_name: 'App' };
const SCOPES = ['openid', 'profile', 'email', 'offline_access'];

describe('registration of clients, RFC 7591 and RFC 7592', () => {
  let stage: DirectoryStage;
  let number = 0;
  before(async () => {
    stage = await openDirectoryStage();
  });
  after(() => stage.close());

  const newOrg = async (auth: Partial<RegistrationSettings> = {}): Promise<OrgRecord> => {
    const org = await stage.newOrg(`reg-${++number}`);
    await stage.within(org, (ctx) => stage.directory.changeOrgProfile(ctx, { auth }));
    return org;
  };
  const anybody = { type: 'anonymous', id: '' } as const;
  const register = (org: OrgRecord, metadata: object = METADATA, credential: RegistrationCredential = {}) =>
    stage.within(
      org,
      (ctx) => stage.registration.registerClient(ctx, credential, metadata as Record<string, unknown>),
      anybody,
    ) as Promise<Answer>;
  const keyWith = (org: OrgRecord, ...scopes: string[]) =>
    stage.within(org, async (ctx) => (await stage.directory.createApiKey(ctx, { name: 'k', scopes })).key);
  const tokenOf = (org: OrgRecord, maxUses = 1, expiresInSeconds = 3600) =>
    stage.within(org, (ctx) =>
      stage.registration.createInitialAccessToken(ctx, { name: 't', maxUses, expiresInSeconds }),
    );
  const read = (org: OrgRecord, id: string, token?: string) =>
    stage.within(org, (ctx) => stage.registration.readRegisteredClient(ctx, id, token), anybody) as Promise<Answer>;
  const replace = (org: OrgRecord, id: string, token: string | undefined, metadata: object) =>
    stage.within(
      org,
      (ctx) => stage.registration.replaceRegisteredClient(ctx, id, token, metadata as Record<string, unknown>),
      anybody,
    ) as Promise<Answer>;
  const remove = (org: OrgRecord, id: string, token?: string) =>
    stage.within(org, (ctx) => stage.registration.removeRegisteredClient(ctx, id, token), anybody);

  it('is closed by default, but for keys with the right to', async () => {
    const org = await newOrg();
    await assert.rejects(register(org), refusal('access_denied'));
    await assert.rejects(register(org, METADATA, { bearer: 'iat_unknown' }), refusal('invalid_token'));
    const weak = await keyWith(org, 'admin:users');
    await assert.rejects(register(org, METADATA, { apiKey: weak }), refusal('access_denied'));
    const { secret } = await tokenOf(org);
    await assert.rejects(register(org, METADATA, { bearer: secret }), refusal('access_denied'));

    const key = await keyWith(org, 'admin:clients:register');
    const made = await register(org, { ...METADATA, scope: 'documents.read' }, { apiKey: key });
    assert.match(made.client_id, /^cli_/);
    assert.equal(made.scope, 'documents.read');
    assert.match((await register(org, METADATA, { bearer: key })).client_id, /^cli_/);
    await assert.rejects(
      register(org, { ...METADATA, scope: 'admin:write' }, { apiKey: key }),
      refusal('permission_denied'),
    );
    const other = await newOrg();
    await assert.rejects(register(other, METADATA, { apiKey: key }), refusal('invalid_token'));
  });

  it('is open where the org says so, for scopes that the org gives to anybody', async () => {
    const org = await newOrg({ dynamicRegistration: 'open' });
    const made = await register(org, { ...METADATA, scope: `${SCOPES.join(' ')} documents.read admin:write` });
    assert.equal(made.scope, 'openid profile email');
    assert.match(made.client_secret ?? '', /^cs_/);
    assert.equal(made.client_secret_expires_at, 0);
    assert.match(made.registration_access_token, /^rat_/);
    assert.equal(
      made.registration_client_uri,
      `https://id.example/orgs/${org.slug}/api/v1/connect/register/${made.client_id}`,
    );
    // A credential that is wrong is not taken for none.
    await assert.rejects(register(org, METADATA, { bearer: 'iat_wrong' }), refusal('invalid_token'));
    const stored = JSON.stringify([
      await stage.database.admin('select * from authn.client_registrations'),
      await stage.database.admin('select * from authn.client_secrets'),
      await stage.events(org),
    ]);
    for (const secret of [made.registration_access_token, made.client_secret ?? ''])
      assert.ok(!stored.includes(secret));
    const client = await stage.within(org, (ctx) => stage.directory.readClient(ctx, made.client_id));
    assert.equal(client.origin, 'dynamic');
    assert.equal(client.requiresPkce, true);
    assert.equal(client.isFirstParty, false);
  });

  it('an initial access token counts, ends, and can be revoked', async () => {
    const org = await newOrg({ dynamicRegistration: 'initial_access_token' });
    await assert.rejects(register(org), refusal('access_denied'));
    const { secret, token } = await tokenOf(org, 2);
    // A registration that is refused costs nothing.
    await assert.rejects(
      register(org, { redirect_uris: ['javascript:x'] }, { bearer: secret }),
      refusal('invalid_redirect_uri'),
    );
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => register(org, METADATA, { bearer: secret })),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
    await assert.rejects(register(org, METADATA, { bearer: secret }), refusal('invalid_token'));
    const { rows } = await stage.within(org, (ctx) =>
      stage.registration.listInitialAccessTokens(ctx, { page: 1, limit: 10 }),
    );
    assert.deepEqual(
      rows.map(({ id, uses }) => [id, uses]),
      [[token.id, 2]],
    );
    assert.ok(
      !JSON.stringify(await stage.database.admin('select * from authn.initial_access_tokens')).includes(secret),
    );

    const short = await tokenOf(org, 5, 60);
    stage.clock.advance(61_000);
    await assert.rejects(register(org, METADATA, { bearer: short.secret }), refusal('invalid_token'));
    const revoked = await tokenOf(org);
    await stage.within(org, (ctx) => stage.registration.revokeInitialAccessToken(ctx, revoked.token.id));
    await assert.rejects(register(org, METADATA, { bearer: revoked.secret }), refusal('invalid_token'));
    const other = await newOrg({ dynamicRegistration: 'initial_access_token' });
    const fresh = await tokenOf(org);
    await assert.rejects(register(other, METADATA, { bearer: fresh.secret }), refusal('invalid_token'));
  });

  it('attack 28, flooding: the quota holds under parallel registrations', async () => {
    const org = await newOrg({ dynamicRegistration: 'open', dynamicClientQuota: 3 });
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => register(org)));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
    await assert.rejects(register(org), refusal('limit_reached'));
    // Those that an administrator makes are not counted.
    await stage.within(org, (ctx) =>
      stage.directory.createClient(ctx, { name: 'a', redirectUris: ['https://app.example/cb'] }),
    );
  });

  it('a sector must list the redirect URIs, whoever registers', async () => {
    const org = await newOrg({ dynamicRegistration: 'open' });
    const sector_identifier_uri = 'https://sector.example/list';
    const pairwise = { ...METADATA, subject_type: 'pairwise', sector_identifier_uri };
    await assert.rejects(register(org, pairwise), refusal('invalid_client_metadata'));
    stage.sectorDocuments.set(sector_identifier_uri, ['https://other.example/cb']);
    await assert.rejects(register(org, pairwise), refusal('invalid_client_metadata'));
    const admin = {
      name: 'a',
      redirectUris: METADATA.redirect_uris,
      protocol: { subjectType: 'pairwise' as const, sectorIdentifierUri: sector_identifier_uri },
    };
    await assert.rejects(
      stage.within(org, (ctx) => stage.directory.createClient(ctx, admin)),
      refusal('validation_error'),
    );

    stage.sectorDocuments.set(sector_identifier_uri, METADATA.redirect_uris);
    const made = await register(org, pairwise);
    assert.equal(made.sector_identifier_uri, sector_identifier_uri);
    const { client } = await stage.within(org, (ctx) => stage.directory.createClient(ctx, admin));
    const move = { redirectUris: ['https://elsewhere.example/cb'] };
    await assert.rejects(
      stage.within(org, (ctx) => stage.directory.updateClient(ctx, client.clientId, move)),
      refusal('validation_error'),
    );
    await assert.rejects(
      replace(org, made.client_id, made.registration_access_token, {
        ...pairwise,
        client_id: made.client_id,
        redirect_uris: ['https://elsewhere.example/cb'],
      }),
      refusal('invalid_client_metadata'),
    );
  });

  describe('managed by the client itself', () => {
    let org: OrgRecord;
    before(async () => {
      org = await newOrg({ dynamicRegistration: 'open' });
    });

    it('is read with the token of the registration, by nobody else', async () => {
      const [made, neighbour] = [await register(org), await register(org)];
      const token = made.registration_access_token;
      const seen = await read(org, made.client_id, token);
      const {
        client_secret: _secret,
        client_secret_expires_at: _never,
        registration_access_token: _token,
        ...rest
      } = made;
      assert.deepEqual(seen, rest);
      for (const [id, presented] of [
        [made.client_id, undefined],
        [made.client_id, ''],
        [made.client_id, 'rat_wrong'],
        [made.client_id, neighbour.registration_access_token],
        [neighbour.client_id, token],
        ['cli_unknown', token],
      ] as const) {
        await assert.rejects(read(org, id, presented), refusal('invalid_token'));
      }
      const elsewhere = await newOrg({ dynamicRegistration: 'open' });
      await assert.rejects(read(elsewhere, made.client_id, token), refusal('invalid_token'));
      await stage.within(org, (ctx) => stage.directory.disableClient(ctx, made.client_id));
      await assert.rejects(read(org, made.client_id, token), refusal('invalid_token'));
    });

    it('an update replaces everything, and the token with it', async () => {
      const made = await register(org, { ...METADATA, client_uri: 'https://app.example/', default_max_age: 9 });
      const sent = {
        client_id: made.client_id,
        client_secret: made.client_secret,
        redirect_uris: ['https://app.example/two'],
      };
      const changed = await replace(org, made.client_id, made.registration_access_token, sent);
      assert.deepEqual(changed.redirect_uris, ['https://app.example/two']);
      assert.equal(changed.client_uri, undefined);
      assert.equal(changed.default_max_age, undefined);
      assert.equal(changed.client_secret, undefined);
      assert.notEqual(changed.registration_access_token, made.registration_access_token);
      await assert.rejects(read(org, made.client_id, made.registration_access_token), refusal('invalid_token'));
      await read(org, made.client_id, changed.registration_access_token);
    });

    it('of parallel updates with one token one counts', async () => {
      const made = await register(org);
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) =>
          replace(org, made.client_id, made.registration_access_token, {
            ...METADATA,
            client_id: made.client_id,
            client_name: `n${i}`,
          }),
        ),
      );
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('attack 28: an update is judged like a registration, and cannot do more', async () => {
      const made = await register(org);
      const token = made.registration_access_token;
      const attempt = (metadata: object) =>
        replace(org, made.client_id, token, { client_id: made.client_id, ...METADATA, ...metadata });
      const refusedAs = async (metadata: object, code: string) => assert.rejects(attempt(metadata), refusal(code));
      await refusedAs({ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri');
      await refusedAs({ redirect_uris: ['http://evil.example/'] }, 'invalid_redirect_uri');
      await refusedAs({ logo_uri: 'https://10.0.0.1/' }, 'invalid_client_metadata');
      await refusedAs({ client_id: 'cli_other' }, 'invalid_client_metadata');
      await refusedAs({ client_secret: 'cs_of_my_choice' }, 'invalid_client_metadata');
      await refusedAs({ registration_access_token: token }, 'invalid_client_metadata');
      await refusedAs({ client_secret_expires_at: 0 }, 'invalid_client_metadata');
      await refusedAs({ token_endpoint_auth_method: 'none' }, 'invalid_client_metadata');
      await refusedAs({ software_statement: 'a.b.c' }, 'unapproved_software_statement');
      const widened = await attempt({
        scope: 'openid admin:write documents.read',
        is_first_party: true,
        isFirstParty: true,
      });
      assert.equal(widened.scope, 'openid');
      const client = await stage.within(org, (ctx) => stage.directory.readClient(ctx, made.client_id));
      assert.equal(client.isFirstParty, false);
    });

    it('what an administrator decided stays: profile, lifetimes, wider scopes', async () => {
      const made = await register(org, { ...METADATA, scope: 'openid' });
      await stage.within(org, (ctx) =>
        stage.directory.updateClient(ctx, made.client_id, {
          scopes: ['openid', 'documents.read'],
          accessTokenLifetimeSeconds: 120,
          protocol: { accessTokenFormat: 'opaque' },
        }),
      );
      const kept = await replace(org, made.client_id, made.registration_access_token, {
        ...METADATA,
        client_id: made.client_id,
        scope: 'openid documents.read admin:write',
      });
      assert.equal(kept.scope, 'openid documents.read');
      const client = await stage.within(org, (ctx) => stage.directory.readClient(ctx, made.client_id));
      assert.equal(client.accessTokenLifetimeSeconds, 120);
      assert.equal(client.protocol.accessTokenFormat, 'opaque');
      assert.equal(client.protocol.profile, 'oauth2.1');
    });

    it('a client that gives up its keys for a secret gets one', async () => {
      const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] };
      const made = await register(org, { ...METADATA, token_endpoint_auth_method: 'private_key_jwt', jwks });
      assert.equal(made.client_secret, undefined);
      const changed = await replace(org, made.client_id, made.registration_access_token, {
        ...METADATA,
        client_id: made.client_id,
      });
      assert.match(changed.client_secret ?? '', /^cs_/);
      assert.equal(changed.client_secret_expires_at, 0);
    });

    it('is removed with everything that was issued', async () => {
      const made = await register(org);
      await assert.rejects(remove(org, made.client_id, 'rat_wrong'), refusal('invalid_token'));
      await remove(org, made.client_id, made.registration_access_token);
      assert.ok(stage.revoked.includes(`client ${made.client_id}`));
      await assert.rejects(read(org, made.client_id, made.registration_access_token), refusal('invalid_token'));
      await assert.rejects(
        stage.within(org, (ctx) => stage.directory.readClient(ctx, made.client_id)),
        refusal('resource_not_found'),
      );
    });

    it('everything is told, with who did it', async () => {
      const events = (await stage.events(org)).filter(({ name }) => name.startsWith('app.'));
      assert.ok(
        events.some(
          ({ name, actor, data }) => name === 'app.created' && actor.type === 'anonymous' && data.origin === 'dynamic',
        ),
      );
      assert.ok(
        events.some(
          ({ name, actor, data }) => name === 'app.updated' && actor.type === 'client' && data.by === 'registration',
        ),
      );
      assert.ok(events.some(({ name, actor }) => name === 'app.deleted' && actor.type === 'client'));
    });
  });
});
