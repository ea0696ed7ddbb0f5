import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ANONYMOUS, type Org, runInContext } from '@lumo/tenancy';
import { FULL_KEY, type HttpStage, openHttpStage } from '../testing/http-stage.js';
import { refusal } from '../testing/refusal.js';

describe('what other services ask authn', () => {
  let stage: HttpStage;
  let org: Org;
  let other: Org;
  before(async () => {
    stage = await openHttpStage();
    org = await stage.newOrg('rpc-one');
    other = await stage.newOrg('rpc-two');
  });
  after(() => stage.close());

  const within = <T>(at: Org | undefined, work: () => Promise<T>) =>
    runInContext({ ...(at && { org: at }), principal: ANONYMOUS, requestId: 'test' }, work);
  const sha256 = (text: string) => createHash('sha256').update(text).digest();

  it('ResolveOrg: by slug or id, without an org in context', async () => {
    const found = await within(undefined, () => stage.rpc.resolveOrg({ key: { case: 'slug', value: org.slug } }));
    assert.partialDeepStrictEqual(found.org, { id: org.id, slug: org.slug, name: org.slug });
    const byId = await within(undefined, () => stage.rpc.resolveOrg({ key: { case: 'id', value: org.id } }));
    assert.equal(byId.org?.slug, org.slug);
    for (const key of [
      { case: 'slug', value: 'nosuch-org' },
      { case: 'id', value: 'x' },
      { case: undefined },
    ] as const) {
      await assert.rejects(
        within(undefined, () => stage.rpc.resolveOrg({ key })),
        refusal('tenant_not_found'),
      );
    }
  });

  it('VerifyApiKey: org and scopes from the hash; every other hash is refused alike', async () => {
    const { data } = (
      await stage.call('POST', '/admin/api-keys', { org, as: FULL_KEY, body: { name: 'CI', scopes: ['admin:users'] } })
    ).body;
    const verify = (hash: Uint8Array) => within(undefined, () => stage.rpc.verifyApiKey({ sha256: hash }));
    const found = await verify(sha256(data.key));
    assert.partialDeepStrictEqual(found, { org: { id: org.id }, keyId: data.id, name: 'CI', scopes: ['admin:users'] });
    for (const hash of [sha256('lmk_other'), Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(5000)]) {
      await assert.rejects(verify(hash), refusal('invalid_token'));
    }
    await stage.call('DELETE', `/admin/api-keys/${data.id}`, { org, as: FULL_KEY });
    await assert.rejects(verify(sha256(data.key)), refusal('invalid_token'));
  });

  it('VerifyInstanceKey: only the one', async () => {
    const verify = (key: string) => within(undefined, () => stage.rpc.verifyInstanceKey({ sha256: sha256(key) }));
    assert.ok((await verify(stage.instanceKey)).keyId);
    await assert.rejects(verify('lik_other'), refusal('invalid_token'));
  });

  it('CheckOrigin and GetUserStatus: of the org in context', async () => {
    const client = { name: 'Shop', applicationType: 'spa', redirectUris: ['https://shop.example/cb'] };
    await stage.call('POST', '/admin/clients', { org, as: FULL_KEY, body: client });
    const { data: user } = (
      await stage.call('POST', '/admin/users', { org, as: FULL_KEY, body: { email: 'ada@example.com', name: 'Ada' } })
    ).body;
    const origin = 'https://shop.example';
    assert.equal((await within(org, () => stage.rpc.checkOrigin({ origin }))).allowed, true);
    assert.equal((await within(other, () => stage.rpc.checkOrigin({ origin }))).allowed, false);
    assert.equal((await within(org, () => stage.rpc.checkOrigin({ origin: 'https://evil.example' }))).allowed, false);
    const status = (at: Org) => within(at, () => stage.rpc.getUserStatus({ userId: user.id }));
    assert.partialDeepStrictEqual(await status(org), { active: true, email: 'ada@example.com', name: 'Ada' });
    assert.partialDeepStrictEqual(await status(other), { active: false, email: '', name: '' });
    await stage.call('POST', `/admin/users/${user.id}/block`, { org, as: FULL_KEY });
    assert.equal((await status(org)).active, false);
  });
});
