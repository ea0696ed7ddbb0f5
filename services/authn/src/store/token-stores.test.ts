import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { uuidv7 } from '@lumo/kit';
import { ANONYMOUS, type Org, runInContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import type { Kysely } from 'kysely';
import { CODE_REUSE, REFRESH_REUSE } from '../core/one-time-use.js';
import type { GrantRecord } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';
import { createArtifactStore } from './artifact-store.js';
import { createConsentStore } from './consent-store.js';
import { createExpiredRows } from './expired-rows.js';
import { createGrantStore } from './grant-store.js';
import { createRevocationLog } from './revocation-log.js';
import { createSessionStore } from './session-store.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('token stores on PostgreSQL', () => {
  let database: TestDatabase;
  let db: Kysely<AuthnTables>;
  const acme: Org & { user: string } = { id: uuidv7(), slug: 'acme', user: uuidv7() };
  const other: Org & { user: string } = { id: uuidv7(), slug: 'other', user: uuidv7() };

  const inOrg = <T>(org: Org, work: () => Promise<T>): Promise<T> =>
    runInContext({ org, principal: ANONYMOUS, requestId: 'test' }, work);
  const inTx = <T>(
    org: Org,
    work: (tx: Parameters<Parameters<ReturnType<typeof db.transaction>['execute']>[0]>[0]) => Promise<T>,
  ) => inOrg(org, () => db.transaction().execute(work));

  before(async () => {
    database = await testDatabase({
      schemas: [{ name: 'authn', migrations: new URL('../../migrations/', import.meta.url) }],
    });
    ({ db } = database.open<AuthnTables>('authn', { maxConnections: 10 }));
    for (const { id, slug, user } of [acme, other]) {
      await database.admin('insert into authn.orgs (id, slug, name) values ($1, $2, $2)', [id, slug]);
      await database.admin(
        `insert into authn.users (org_id, id, email, email_key, created_at, updated_at)
         values ($1, $2, 'a@x.example', 'a@x.example', now(), now())`,
        [id, user],
      );
      await database.admin(
        `insert into authn.clients (org_id, client_id, name, application_type, token_endpoint_auth_method, created_at,
           updated_at) values ($1, 'cli_app', 'App', 'spa', 'none', now(), now())`,
        [id],
      );
    }
  });
  after(() => database.close());

  const grant = (org: { user: string }, id: string, sessionUid = id): GrantRecord => ({
    id,
    sessionUid,
    userId: org.user,
    clientId: 'cli_app',
    payload: { kind: 'Grant' },
    accessTokenSeconds: 3600,
    expiresAt: later(60),
  });

  describe('artifacts', () => {
    const artifacts = () => createArtifactStore(db);
    const save = (org: Org, model: string, id: string, grantId?: string) =>
      inOrg(org, () =>
        artifacts().save(model, id, { payload: { n: 1 }, expiresAt: later(60), ...(grantId && { grantId }) }),
      );

    it('lets exactly one of 100 parallel attempts use a code', async () => {
      await save(acme, 'AuthorizationCode', 'code-1');
      const won = await Promise.all(
        Array.from({ length: 100 }, () =>
          inOrg(acme, () => artifacts().consume('AuthorizationCode', 'code-1', NOW, CODE_REUSE)),
        ),
      );
      assert.equal(won.filter(Boolean).length, 1);
    });

    it('lets a refresh token be used five times within ten seconds, also under 100 parallel attempts', async () => {
      await save(acme, 'RefreshToken', 'rt-1');
      const won = await Promise.all(
        Array.from({ length: 100 }, () =>
          inOrg(acme, () => artifacts().consume('RefreshToken', 'rt-1', NOW, REFRESH_REUSE)),
        ),
      );
      assert.equal(won.filter(Boolean).length, REFRESH_REUSE.maxUses);
      await save(acme, 'RefreshToken', 'rt-2');
      const use = (at: Date) => inOrg(acme, () => artifacts().consume('RefreshToken', 'rt-2', at, REFRESH_REUSE));
      assert.equal(await use(NOW), true);
      assert.equal(await use(later(9)), true);
      assert.equal(await use(later(11)), false);
    });

    it('never stores the value that opens something', async () => {
      await save(acme, 'RefreshToken', 'a-very-secret-value');
      const rows = await database.admin<{ row: string }>('select a::text as row from authn.artifacts a');
      assert.ok(rows.every(({ row }) => !row.includes('a-very-secret-value')));
      assert.ok(await inOrg(acme, () => artifacts().find('RefreshToken', 'a-very-secret-value', NOW)));
    });

    it('does not find what has expired, nor what belongs to another org or model', async () => {
      await save(acme, 'AuthorizationCode', 'code-2');
      assert.equal(await inOrg(acme, () => artifacts().find('AuthorizationCode', 'code-2', later(60))), undefined);
      assert.equal(await inOrg(other, () => artifacts().find('AuthorizationCode', 'code-2', NOW)), undefined);
      assert.equal(await inOrg(acme, () => artifacts().find('RefreshToken', 'code-2', NOW)), undefined);
      assert.equal(
        await inOrg(acme, () => artifacts().consume('AuthorizationCode', 'code-2', later(60), CODE_REUSE)),
        false,
      );
    });

    it('dies with its grant, and nothing is stored for a grant that is gone', async () => {
      const grants = createGrantStore(db);
      await inOrg(acme, () => grants.open(grant(acme, 'g-1'), NOW));
      assert.equal(await save(acme, 'RefreshToken', 'rt-of-g-1', 'g-1'), true);
      const removed = await inTx(acme, (tx) => grants.remove(tx, 'g-1'));
      assert.equal(removed?.userId, acme.user);
      assert.equal(await inOrg(acme, () => artifacts().find('RefreshToken', 'rt-of-g-1', NOW)), undefined);
      assert.equal(await save(acme, 'RefreshToken', 'rt-2-of-g-1', 'g-1'), false);
      assert.equal(await inTx(acme, (tx) => grants.remove(tx, 'g-1')), undefined);
    });

    it('keeps its grant alive as long as itself', async () => {
      const grants = createGrantStore(db);
      await inOrg(acme, () => grants.open({ ...grant(acme, 'g-2'), expiresAt: later(5) }, NOW));
      await save(acme, 'RefreshToken', 'rt-of-g-2', 'g-2');
      assert.deepEqual((await inOrg(acme, () => grants.find('g-2', later(10))))?.expiresAt, later(60));
    });
  });

  describe('grants', () => {
    it('are the same for parallel requests of one session at one client', async () => {
      const grants = createGrantStore(db);
      const opened = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          inOrg(acme, () => grants.open(grant(acme, `race-${i}`, 'one-session'), NOW)),
        ),
      );
      assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
    });

    it('cannot be removed from another org', async () => {
      const grants = createGrantStore(db);
      await inOrg(acme, () => grants.open(grant(acme, 'g-3'), NOW));
      assert.equal(await inTx(other, (tx) => grants.remove(tx, 'g-3')), undefined);
      assert.ok(await inOrg(acme, () => grants.find('g-3', NOW)));
    });
  });

  describe('sessions', () => {
    const sessions = () => createSessionStore(db);
    const save = (id: string, uid: string, authorizations: object, at = NOW) =>
      inOrg(acme, () =>
        sessions().save(
          { id, uid, userId: acme.user, payload: { uid, accountId: acme.user, authorizations }, expiresAt: later(60) },
          at,
        ),
      );

    it('keep what a parallel request added', async () => {
      await save('s-1', 'u-1', {});
      await save('s-1', 'u-1', { cli_a: { sid: 'a' } });
      await save('s-1', 'u-1', { cli_b: { sid: 'b' } });
      const payload = await inOrg(acme, () => sessions().find('s-1', NOW));
      assert.deepEqual(payload?.authorizations, { cli_a: { sid: 'a' }, cli_b: { sid: 'b' } });
    });

    it('end under every cookie they have', async () => {
      await save('s-2', 'u-2', {});
      await save('s-3', 'u-2', {}, later(1));
      const end = (org: Org) => inTx(org, (tx) => sessions().end(tx, { cookie: 's-2' }));
      assert.deepEqual(await end(other), []);
      const [ended, ...others] = await end(acme);
      assert.partialDeepStrictEqual(ended, { uid: 'u-2', userId: acme.user, clients: [] });
      assert.deepEqual(others, []);
      assert.equal(await inOrg(acme, () => sessions().find('s-3', NOW)), undefined);
      assert.deepEqual(await end(acme), []);
    });

    it('end with the clients that each of their rows knows', async () => {
      await save('s-4', 'u-4', { cli_a: { sid: 'a', grantId: 'g', persistsLogout: true } });
      await save('s-5', 'u-4', { cli_a: { sid: 'a' }, cli_b: { sid: 'b' } }, later(1));
      const [ended] = await inTx(acme, (tx) => sessions().end(tx, { uid: 'u-4' }));
      assert.deepEqual(ended?.clients.map(({ clientId, sid }) => [clientId, sid]).sort(), [
        ['cli_a', 'a'],
        ['cli_b', 'b'],
      ]);
    });

    it('are listed once each, the last used first, with a number that tells nothing', async () => {
      await save('s-6', 'u-6', { cli_a: { sid: 'a' } });
      await save('s-7', 'u-6', {}, later(2));
      const query = { page: 1, limit: 10, userId: acme.user };
      const { rows, total } = await inOrg(acme, () => sessions().list(query, NOW));
      assert.equal(rows.filter(({ uid }) => uid === 'u-6').length, 1);
      assert.equal(total, rows.length);
      const number = rows[0]?.number ?? 0;
      assert.ok(Number.isSafeInteger(number) && number > 1_000_000, `${number}`);
      assert.equal((await inOrg(acme, () => sessions().byNumber(number, NOW)))?.uid, rows[0]?.uid);
      assert.equal(await inOrg(other, () => sessions().byNumber(number, NOW)), undefined);
      assert.deepEqual(await inOrg(other, () => sessions().list({ page: 1, limit: 10 }, NOW)), { rows: [], total: 0 });
    });

    it('are stored by hash and unknown to another org', async () => {
      await save('cookie-value', 'u-3', {});
      const rows = await database.admin<{ row: string }>('select s::text as row from authn.sessions s');
      assert.ok(rows.every(({ row }) => !row.includes('cookie-value')));
      assert.equal(await inOrg(other, () => sessions().find('cookie-value', NOW)), undefined);
    });
  });

  it('consents add up', async () => {
    const consents = createConsentStore(db);
    const add = (scopes: readonly string[]) =>
      inTx(acme, (tx) =>
        consents.add(tx, { userId: acme.user, clientId: 'cli_app', scopes, claims: scopes.slice(1) }, NOW),
      );
    await add(['openid', 'read']);
    await add(['read', 'write']);
    assert.deepEqual(await inOrg(acme, () => consents.find(acme.user, 'cli_app')), {
      scopes: ['openid', 'read', 'write'],
      claims: ['read', 'write'],
    });
    assert.equal(await inOrg(other, () => consents.find(other.user, 'cli_app')), undefined);
  });

  describe('revocations', () => {
    const log = () => createRevocationLog(db);
    const token = (org: { user: string }, more: object = {}) => ({
      tokenId: 'jti',
      grantId: 'grant',
      clientId: 'cli_app',
      subjects: [org.user, 'agent_agt_a'],
      userId: org.user,
      issuedAt: NOW,
      ...more,
    });
    const check = (org: Org & { user: string }, more: object = {}) =>
      inOrg(org, () => log().check(token(org, more), NOW));
    const add = (org: Org, entry: Parameters<ReturnType<typeof log>['add']>[1]) =>
      inTx(org, (tx) => log().add(tx, entry));

    it('say what of a token is dead, by each of its names and in its org only', async () => {
      assert.deepEqual(await check(acme), {
        revoked: false,
        userMayAct: true,
        client: 'active',
        username: 'a@x.example',
      });
      for (const [what, alive] of [
        [{ kind: 'token', tokenId: 'jti-t' }, { tokenId: 'jti-t' }],
        [{ kind: 'grant', grantId: 'grant-t' }, { grantId: 'grant-t' }],
        [{ kind: 'client', clientId: 'cli_t' }, { clientId: 'cli_t' }],
        [{ kind: 'subject', subject: 'agent_agt_t' }, { subjects: ['x', 'agent_agt_t'] }],
      ] as const) {
        assert.equal((await check(acme, alive)).revoked, false, what.kind);
        await add(acme, { what, expiresAt: later(60) });
        assert.equal((await check(acme, alive)).revoked, true, what.kind);
        assert.equal((await check(other, alive)).revoked, false, what.kind);
      }
    });

    it('leave alone what was issued later, and what they outlived', async () => {
      const what = { kind: 'subject', subject: 'agent_agt_n' } as const;
      await add(acme, { what, notBefore: NOW, expiresAt: later(60) });
      assert.equal((await check(acme, { subjects: ['agent_agt_n'], issuedAt: later(-1) })).revoked, true);
      assert.equal((await check(acme, { subjects: ['agent_agt_n'], issuedAt: NOW })).revoked, false);
      assert.deepEqual(await inOrg(acme, () => log().notBefore('subject', 'agent_agt_n', NOW)), NOW);
      assert.equal(await inOrg(acme, () => log().notBefore('subject', 'agent_agt_n', later(60))), undefined);
      assert.equal(await inOrg(other, () => log().notBefore('subject', 'agent_agt_n', NOW)), undefined);
    });

    it('know a user who does not exist, is blocked, or is of another org, and a client that is none', async () => {
      assert.equal((await check(acme, { userId: other.user })).userMayAct, false);
      assert.equal((await check(acme, { clientId: 'agt_x' })).client, 'unknown');
      assert.equal((await check(acme, { userId: undefined, subjects: [] })).userMayAct, true);
    });

    it('reach a reader whatever order their transactions commit in', async () => {
      const names = async (position: bigint) => {
        const { rows, position: next } = await log().since(position, NOW);
        return { names: rows.map(({ what }) => (what.kind === 'token' ? what.tokenId : '')), next };
      };
      const { next: start } = await names(0n);
      let finishSlow: () => void = () => undefined;
      const slowMayEnd = new Promise<void>((resolve) => {
        finishSlow = resolve;
      });
      let slowWrote: () => void = () => undefined;
      const wrote = new Promise<void>((resolve) => {
        slowWrote = resolve;
      });
      const slow = inTx(acme, async (tx) => {
        await log().add(tx, { what: { kind: 'token', tokenId: 'slow' }, expiresAt: later(60) });
        slowWrote();
        await slowMayEnd;
      });
      await wrote;
      await add(acme, { what: { kind: 'token', tokenId: 'quick' }, expiresAt: later(60) });
      const between = await names(start);
      assert.ok(between.names.includes('quick'));
      assert.ok(!between.names.includes('slow'));
      finishSlow();
      await slow;
      const after = await names(between.next);
      assert.ok(after.names.includes('slow'), 'the row of the transaction that began first and ended last');
      const idle = await names(after.next);
      assert.deepEqual(idle.names, []);
    });

    it('start over for a position from the future, after a backup was restored', async () => {
      const { rows } = await log().since(9_000_000_000n, NOW);
      assert.ok(rows.length > 0);
    });

    it('are forgotten in batches when they have expired', async () => {
      await add(acme, { what: { kind: 'token', tokenId: 'old-1' }, expiresAt: later(-1) });
      await add(acme, { what: { kind: 'token', tokenId: 'old-2' }, expiresAt: later(-1) });
      assert.equal(await log().purge(NOW, 1), 1);
      assert.equal(await log().purge(NOW, 10), 1);
      assert.equal(await log().purge(NOW, 10), 0);
    });
  });

  it('the sweep removes what has expired in its org only', async () => {
    const count = async (org: Org) => {
      const rows = await database.admin<{ n: string }>('select count(*) as n from authn.artifacts where org_id = $1', [
        org.id,
      ]);
      return Number(rows[0]?.n);
    };
    for (const org of [acme, other]) {
      await inOrg(org, () =>
        createArtifactStore(db).save('Interaction', 'stale', { payload: {}, expiresAt: later(-10) }),
      );
    }
    const [before, others] = [await count(acme), await count(other)];
    assert.equal(await inOrg(acme, () => createExpiredRows(db).sweep(NOW, 100)), 1);
    assert.equal(await count(acme), before - 1);
    assert.equal(await count(other), others);
  });
});
