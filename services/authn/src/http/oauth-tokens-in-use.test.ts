import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import * as jose from 'jose';
import type { FakeAgent } from '../testing/fake-agents.js';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import {
  answerOf,
  CALLBACK,
  clientCredentials,
  introspect,
  localIssuer,
  newTokens,
  type ProtocolAnswer,
  post,
  refresh,
} from '../testing/protocol.js';

const ALICE = 'alice@acme.example';
const SCOPE = 'openid profile email roles offline_access document.read';

describe('tokens in use', () => {
  let stage: OidcStage;
  let acme: Org;
  let other: Org;
  let spa: StageClient;
  let api: StageClient;
  let foreignApi: StageClient;
  let agent: FakeAgent;

  before(async () => {
    stage = await openOidcStage();
    acme = await stage.newOrg('acme');
    other = await stage.newOrg('other');
    await stage.newUser(acme, ALICE, ['viewer']);
    spa = await stage.newClient(acme, {
      applicationType: 'spa',
      redirectUris: [CALLBACK],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: SCOPE.split(' '),
    });
    api = await stage.newClient(acme, { applicationType: 'm2m', scopes: ['api'] });
    foreignApi = await stage.newClient(other, { applicationType: 'm2m', scopes: ['api'] });
    agent = stage.agents.create(acme.id, 'document.read', 'delegate:on_behalf');
  });
  after(() => stage.close());

  const agentToken = async (of: FakeAgent, scope?: string): Promise<ProtocolAnswer> =>
    clientCredentials(stage, acme, { clientId: of.agentId, secret: of.secret }, scope === undefined ? {} : { scope });
  const userinfo = async (token: string, org: Org = acme): Promise<ProtocolAnswer> =>
    answerOf(
      await fetch(`${localIssuer(stage, org)}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }),
    );

  describe('introspection (RFC 7662)', () => {
    it('tells what the token says', async () => {
      const { accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const { status, body } = await introspect(stage, acme, api, accessToken);
      assert.equal(status, 200);
      const claims = jose.decodeJwt(accessToken);
      assert.deepEqual(body, { active: true, token_type: 'Bearer', username: ALICE, ...claims });
    });

    it('tells of machines and agents', async () => {
      const own = await clientCredentials(stage, acme, api);
      const byClient = await introspect(stage, acme, api, own.body.access_token);
      assert.deepEqual([byClient.body.active, byClient.body.sub], [true, `client_${api.clientId}`]);
      const token = await agentToken(agent);
      const byAgent = await introspect(stage, acme, api, token.body.access_token);
      assert.deepEqual(
        [byAgent.body.active, byAgent.body.sub, byAgent.body.agent_id, byAgent.body.capabilities],
        [true, `agent_${agent.agentId}`, agent.agentId, ['document.read', 'delegate:on_behalf']],
      );
    });

    it('tells of refresh tokens', async () => {
      const { refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      assert.equal((await introspect(stage, acme, api, refreshToken)).body.active, true);
      await refresh(stage, acme, spa, refreshToken);
      assert.equal((await introspect(stage, acme, api, refreshToken)).body.active, false);
    });

    it('says nothing but inactive for everything else', async () => {
      const { accessToken, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const [head = '', payload = '', signature = ''] = accessToken.split('.');
      const claims = jose.decodeJwt(accessToken);
      const { privateKey } = await jose.generateKeyPair('ES256');
      const kid = jose.decodeProtectedHeader(accessToken).kid ?? '';
      const forged = (header: jose.JWTHeaderParameters) =>
        new jose.SignJWT(claims).setProtectedHeader(header).sign(privateKey);
      const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
      const foreign = await clientCredentials(stage, other, foreignApi);
      const cases: Readonly<Record<string, string>> = {
        'an ID token': idToken,
        'a changed payload': `${head}.${Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url')}.${signature}`,
        'a key of somebody else under our kid': await forged({ alg: 'ES256', typ: 'at+jwt', kid }),
        'alg none': none,
        'a key in the header': await forged({
          alg: 'ES256',
          typ: 'at+jwt',
          jwk: await jose.exportJWK((await jose.generateKeyPair('ES256', { extractable: true })).publicKey),
        }),
        'HS256 with the public key': await new jose.SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
          .sign(
            new TextEncoder().encode(JSON.stringify(await stage.admin('select public_jwk from authn.signing_keys'))),
          ),
        'a kid with a path': await forged({ alg: 'ES256', typ: 'at+jwt', kid: '../../../etc/passwd' }),
        'a token of another org': foreign.body.access_token,
        nonsense: 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA',
        'an opaque token that is none': 'made-up',
        'the stand-in of a presented token': 'the-presented-token',
        'a very long token': `eyJ${'a'.repeat(20_000)}.b.c`,
      };
      for (const [name, token] of Object.entries(cases)) {
        const { status, body } = await introspect(stage, acme, api, token);
        assert.deepEqual([status, body], [200, { active: false }], name);
      }
    });

    it('is for clients that prove who they are', async () => {
      const { accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const nobody = await post(stage, acme, '/oauth/introspect', { token: accessToken });
      assert.deepEqual([nobody.status, nobody.body.error], [401, 'invalid_client']);
      const wrong = await introspect(stage, acme, { ...api, secret: 'cs_wrong' }, accessToken);
      assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
      const foreign = await introspect(stage, acme, foreignApi, accessToken);
      assert.deepEqual([foreign.status, foreign.body.error], [401, 'invalid_client']);
      const publicClient = await stage.newClient(acme, {
        applicationType: 'spa',
        redirectUris: [CALLBACK],
        grantTypes: ['authorization_code'],
      });
      const own = await post(stage, acme, '/oauth/introspect', {
        token: accessToken,
        client_id: publicClient.clientId,
      });
      assert.deepEqual(own.body, { active: false });
    });

    it('knows at once that an agent was disabled', async () => {
      const short = stage.agents.create(acme.id, 'document.read');
      const { body } = await agentToken(short);
      assert.equal((await introspect(stage, acme, api, body.access_token)).body.active, true);
      stage.agents.disable(short);
      assert.deepEqual((await introspect(stage, acme, api, body.access_token)).body, { active: false });
      assert.deepEqual([(await agentToken(short)).status, (await userinfo(body.access_token)).status], [401, 401]);
    });
  });

  describe('revocation (RFC 7009)', () => {
    const revoke = (by: StageClient, token: string, more: Readonly<Record<string, string>> = {}) =>
      post(stage, acme, '/oauth/revoke', {
        token,
        client_id: by.clientId,
        ...(by.secret !== undefined && { client_secret: by.secret }),
        ...more,
      });

    it('of a refresh token ends its siblings too, and the gateways hear of it', async () => {
      const { refreshToken, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const { position } = await stage.app.verification.revocationsSince(0n);
      const { status, body } = await revoke(spa, refreshToken, { token_type_hint: 'refresh_token' });
      assert.deepEqual([status, body], [200, {}]);
      assert.equal((await refresh(stage, acme, spa, refreshToken)).body.error, 'invalid_grant');
      assert.deepEqual((await introspect(stage, acme, api, accessToken)).body, { active: false });
      const { revocations } = await stage.app.verification.revocationsSince(position);
      const grantId = jose.decodeJwt(accessToken).grant_id as string;
      assert.ok(
        revocations.some(({ orgId, what }) => orgId === acme.id && what.kind === 'grant' && what.grantId === grantId),
      );
      assert.equal((await stage.event(acme, 'token.revoked')).actor.id, spa.clientId);
    });

    it('of an access token ends it alone', async () => {
      const { refreshToken, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      assert.equal((await revoke(spa, accessToken)).status, 200);
      assert.deepEqual((await introspect(stage, acme, api, accessToken)).body, { active: false });
      assert.equal((await userinfo(accessToken)).status, 401);
      assert.equal((await refresh(stage, acme, spa, refreshToken)).status, 200);
    });

    it('is possible with nothing but the token itself (contract 2.14)', async () => {
      const { accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const second = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const bearer = (token: string, authorization: string) =>
        post(stage, acme, '/oauth/revoke', { token }, { authorization: `Bearer ${authorization}` });
      assert.equal((await bearer(accessToken, second.accessToken)).status, 401);
      assert.equal((await introspect(stage, acme, api, accessToken)).body.active, true);
      assert.deepEqual((await bearer(accessToken, accessToken)).body, {});
      assert.equal((await introspect(stage, acme, api, accessToken)).body.active, false);
      assert.equal((await bearer('nonsense', 'nonsense')).status, 200);
    });

    it('by another client changes nothing and does not say so', async () => {
      const { refreshToken, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      assert.equal((await revoke(api, accessToken)).status, 200);
      assert.equal((await revoke(api, refreshToken)).status, 200);
      assert.equal((await introspect(stage, acme, api, accessToken)).body.active, true);
      assert.equal((await refresh(stage, acme, spa, refreshToken)).status, 200);
    });

    it('answers an unknown token with 200, and an ID token with unsupported_token_type', async () => {
      assert.equal((await revoke(spa, 'made-up')).status, 200);
      const { idToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const { status, body } = await revoke(spa, idToken);
      assert.deepEqual([status, body.error], [400, 'unsupported_token_type']);
    });
  });

  describe('userinfo (contract 2.14)', () => {
    it('of a person, by scope', async () => {
      const { accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const { body } = await userinfo(accessToken);
      assert.deepEqual(
        [body.identity_type, body.tenant, body.email, body.name, body.roles],
        ['user', 'acme', ALICE, 'Alice Adams', ['viewer']],
      );
      const less = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
      assert.deepEqual(Object.keys((await userinfo(less.accessToken)).body).sort(), ['identity_type', 'sub', 'tenant']);
    });

    it('of an agent, with capabilities and budget_policy', async () => {
      const { body } = await userinfo((await agentToken(agent)).body.access_token);
      assert.equal(body.sub, `agent_${agent.agentId}`);
      assert.deepEqual(
        [body.identity_type, body.agent_id, body.client_id, body.capabilities, body.budget_policy],
        ['agent', agent.agentId, agent.agentId, ['document.read', 'delegate:on_behalf'], {}],
      );
    });

    it('of a client', async () => {
      const { body } = await userinfo((await clientCredentials(stage, acme, api)).body.access_token);
      assert.deepEqual(
        [body.identity_type, body.sub, body.client_id],
        ['client', `client_${api.clientId}`, api.clientId],
      );
    });

    it('refuses without a token (400), with a bad one (401) and without openid (403)', async () => {
      const none = await answerOf(await fetch(`${localIssuer(stage, acme)}/oauth/userinfo`));
      assert.deepEqual([none.status, none.body.error], [400, 'invalid_request']);
      const { idToken, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
      const bad = await userinfo(idToken);
      assert.deepEqual([bad.status, bad.body.error], [401, 'invalid_token']);
      assert.match(bad.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
      assert.equal((await userinfo(accessToken, other)).status, 401);
      const { accessToken: narrow } = await newTokens(stage, acme, spa, ALICE, { scope: 'document.read' });
      assert.deepEqual([(await userinfo(narrow)).status], [403]);
    });

    it('takes the token in the form of a POST, but not twice', async () => {
      const { accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
      assert.equal((await post(stage, acme, '/oauth/userinfo', { access_token: accessToken })).status, 200);
      const twice = await post(
        stage,
        acme,
        '/oauth/userinfo',
        { access_token: accessToken },
        { authorization: `Bearer ${accessToken}` },
      );
      assert.equal(twice.status, 400);
    });
  });

  describe('token exchange (RFC 8693, contract 4.6)', () => {
    const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
    const TYPE = 'urn:ietf:params:oauth:token-type:access_token';
    const exchange = (
      subject: string,
      actor: string | undefined,
      more: Readonly<Record<string, string>> = {},
      org = acme,
    ) =>
      post(stage, org, '/oauth/token', {
        grant_type: GRANT,
        subject_token: subject,
        subject_token_type: TYPE,
        ...(actor !== undefined && { actor_token: actor, actor_token_type: TYPE }),
        ...more,
      });
    const tokens = async () => {
      const user = await newTokens(stage, acme, spa, ALICE, { scope: 'openid document.read' });
      const { body } = await agentToken(agent);
      return { user: user.accessToken, agent: body.access_token as string };
    };
    const refused = async (answer: Promise<ProtocolAnswer>, error: string, status = 400) => {
      const { status: got, body } = await answer;
      assert.deepEqual([body.error, got], [error, status], JSON.stringify(body));
    };

    it('gives the agent a token that acts for the user, without client authentication', async () => {
      const { user, agent: actor } = await tokens();
      const { status, body } = await exchange(user, actor, { scope: 'document.read' });
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual([body.issued_token_type, body.token_type, body.scope], [TYPE, 'Bearer', 'document.read']);
      assert.equal(body.refresh_token, undefined);
      const claims = jose.decodeJwt(body.access_token);
      const before = jose.decodeJwt(user);
      assert.equal(claims.sub, before.sub);
      assert.deepEqual(claims.act, {
        iss: stage.issuer(acme),
        sub: `agent_${agent.agentId}`,
        sub_profile: 'ai_agent',
      });
      assert.deepEqual(claims.delegation_chain, [`agent_${agent.agentId}`]);
      assert.deepEqual(
        [claims.client_id, claims.aud, claims.grant_id],
        [agent.agentId, agent.agentId, before.grant_id],
      );
      assert.ok(Number(claims.exp) <= Math.min(Number(before.exp), Number(jose.decodeJwt(actor).exp)));
      const seen = await introspect(stage, acme, api, body.access_token);
      assert.equal(seen.body.active, true);
      assert.deepEqual([seen.body.act, seen.body.delegation_chain], [claims.act, claims.delegation_chain], 'D-4');
      const { data } = await stage.event(acme, 'token.exchanged');
      assert.equal(data.delegationId, claims.delegation_id);
    });

    it('nests with the current actor outermost, and stops at depth three', async () => {
      const { user, agent: first } = await tokens();
      let token: string = (await exchange(user, first)).body.access_token;
      for (const depth of [2, 3]) {
        const next = stage.agents.create(acme.id, 'document.read', 'delegate:on_behalf');
        const actor = await agentToken(next);
        const { body } = await exchange(token, actor.body.access_token);
        token = body.access_token;
        const { act, delegation_chain: chain } = jose.decodeJwt(token) as {
          act: { sub: string };
          delegation_chain: string[];
        };
        assert.equal(act.sub, `agent_${next.agentId}`);
        assert.equal(chain.length, depth);
        assert.equal(chain.at(-1), act.sub);
      }
      const last = await agentToken(stage.agents.create(acme.id, 'delegate:on_behalf'));
      const { status, body } = await exchange(token, last.body.access_token);
      assert.deepEqual([status, body.error, body.max_depth], [403, 'delegation_depth_exceeded', 3]);
    });

    it('works with client authentication, but an agent exchanges with its own token only', async () => {
      const { user, agent: actor } = await tokens();
      const own = { client_id: agent.agentId, client_secret: agent.secret };
      assert.equal((await exchange(user, actor, own)).status, 200);
      const stranger = stage.agents.create(acme.id, 'delegate:on_behalf');
      await refused(
        exchange(user, actor, { client_id: stranger.agentId, client_secret: stranger.secret }),
        'invalid_grant',
      );
      await refused(exchange(user, actor, { ...own, client_secret: 'as_wrong' }), 'invalid_client', 401);
      await refused(exchange(user, actor, { client_id: 'urn:lumo:anonymous' }), 'invalid_client', 401);
    });

    it('D-1: never makes a clean token of a delegated one', async () => {
      const { user, agent: actor } = await tokens();
      const { body } = await exchange(user, actor);
      await refused(exchange(body.access_token, undefined), 'invalid_request');
      await refused(exchange(user, undefined), 'invalid_request');
    });

    it('refuses what is no live access token of this org (D-10)', async () => {
      const { user, agent: actor } = await tokens();
      const { idToken, refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      await refused(exchange(idToken, actor), 'invalid_grant');
      await refused(exchange(refreshToken, actor), 'invalid_grant');
      await refused(exchange(user, user), 'invalid_grant');
      await refused(exchange(actor, actor), 'invalid_grant');
      await refused(exchange(user, actor, {}, other), 'invalid_grant');
      const foreign = await clientCredentials(stage, other, foreignApi);
      await refused(exchange(user, foreign.body.access_token), 'invalid_grant');
      await post(stage, acme, '/oauth/revoke', { token: user }, { authorization: `Bearer ${user}` });
      await refused(exchange(user, actor), 'invalid_grant');
    });

    it('refuses other types, targets and wider scopes', async () => {
      const { user, agent: actor } = await tokens();
      await refused(
        exchange(user, actor, { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }),
        'unsupported_token_type',
      );
      await refused(
        exchange(user, actor, { requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag' }),
        'unsupported_token_type',
      );
      await refused(exchange(user, actor, { audience: 'https://api.example' }), 'invalid_target');
      await refused(exchange(user, actor, { scope: 'document.write' }), 'invalid_scope');
      await refused(exchange(user, actor, { actor_token_type: '' }), 'invalid_request');
      await refused(exchange('', actor), 'invalid_request');
    });

    it('refuses an agent that may not act for users', async () => {
      const { user } = await tokens();
      const plain = stage.agents.create(acme.id, 'document.read');
      await refused(exchange(user, (await agentToken(plain)).body.access_token), 'delegation_not_allowed', 403);
    });

    it('D-2: the delegated token dies with the agent, and with the grant of the user', async () => {
      const short = stage.agents.create(acme.id, 'document.read', 'delegate:on_behalf');
      const { user } = await tokens();
      const first = await exchange(user, (await agentToken(short)).body.access_token);
      stage.agents.disable(short);
      assert.equal((await introspect(stage, acme, api, first.body.access_token)).body.active, false);
      const offline = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const second = await exchange(offline.accessToken, (await agentToken(agent)).body.access_token, {
        scope: 'document.read',
      });
      assert.equal((await introspect(stage, acme, api, second.body.access_token)).body.active, true);
      await post(stage, acme, '/oauth/revoke', { token: offline.refreshToken, client_id: spa.clientId });
      assert.equal((await introspect(stage, acme, api, second.body.access_token)).body.active, false);
    });
  });

  it('agents get scopes within their capabilities only', async () => {
    assert.equal((await agentToken(agent, 'document.read')).body.scope, 'document.read');
    const { body } = await agentToken(agent, 'document.read');
    assert.deepEqual(jose.decodeJwt(body.access_token).capabilities, ['document.read']);
    assert.equal((await agentToken(agent, 'document.write')).body.error, 'invalid_scope');
    const elsewhere = await clientCredentials(stage, other, { clientId: agent.agentId, secret: agent.secret });
    assert.deepEqual([elsewhere.status, elsewhere.body.error], [401, 'invalid_client']);
  });
});
