import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';
import { waitUntil } from '../support/wait-until.js';

type Json = Readonly<Record<string, unknown>>;

let org: OrgWorld;
let abac: AbacWorld;
let person: TestUser;
let bearer = '';

before(async () => {
  org = await createOrgWorld('abac-attributes');
  abac = abacOf(org);
  const app = await org.addClient({ scopes: ['openid'] });
  person = await org.addUser();
  bearer = (await org.tokensOf(person, app, 'openid')).access_token;
});

/** The directory tells of people by events, which take a moment. */
async function eventually(check: () => Promise<unknown>): Promise<void> {
  await waitUntil(async () => (await check()) !== false, { what: 'the news of the directory' });
}

describe('ABAC: definitions of attributes (contract 3.4)', () => {
  it('create, read, list, change, delete, under both paths', async () => {
    const body = {
      name: 'Clearance level',
      attributeType: 'user',
      dataType: 'number',
      validationRules: { min: 0, max: 9 },
      defaultValue: 0,
    };
    const created = (await org.call('POST', '/admin/abac/attributes', body, 201)).json<{
      data: Json;
      message: string;
    }>();
    const { id, createdAt, updatedAt, ...rest } = created.data;
    assert.equal(typeof id, 'string');
    assert.ok(!Number.isNaN(Date.parse(String(createdAt))) && !Number.isNaN(Date.parse(String(updatedAt))));
    assert.deepEqual(rest, {
      ...body,
      slug: 'clearance_level',
      description: null,
      isRequired: false,
      isSystem: false,
      isActive: true,
    });
    for (const reference of [String(id), 'clearance_level'])
      for (const path of ['/abac', '/admin/abac'])
        assert.equal((await org.call('GET', `${path}/attributes/${reference}`)).json<{ data: Json }>().data.id, id);
    for (const [method, description] of [
      ['PATCH', 'One'],
      ['PUT', 'Two'],
    ] as const) {
      const changed = (await abac.call(method, `attributes/${id}`, { description })).json<{ data: Json }>().data;
      assert.deepEqual(
        [changed.description, changed.name, changed.dataType],
        [description, 'Clearance level', 'number'],
      );
    }
    const listed = (await abac.call('GET', 'attributes?isSystem=false')).json<{
      data: readonly Json[];
      meta: Json;
      pagination: Json;
    }>();
    assert.deepEqual(listed.meta, listed.pagination);
    assert.ok(listed.data.some((one) => one.id === id));
    await abac.call('POST', 'attributes', { ...body, name: 'Other', slug: 'clearance_level' }, 409);
    await abac.call('DELETE', `attributes/${id}`);
    await abac.call('GET', `attributes/${id}`, undefined, 404);
  });

  it('the same word may be an attribute of users and of resources', async () => {
    await abac.define('user', 'region');
    await abac.define('resource', 'region');
  });

  it('datetime is an older name of date', async () => {
    const body = { name: 'Since', attributeType: 'user', dataType: 'datetime' };
    assert.equal((await abac.call('POST', 'attributes', body, 201)).json<{ data: Json }>().data.dataType, 'date');
  });

  it('built-in ones are listed, and nobody changes them', async () => {
    const { data } = (await abac.call('GET', 'attributes?isSystem=true&limit=100')).json<{ data: readonly Json[] }>();
    const names = data.map(({ attributeType, slug }) => `${attributeType}.${slug}`);
    for (const name of [
      'user.email',
      'user.roles',
      'user.mfaEnabled',
      'environment.hour',
      'environment.dayOfWeek',
      'environment.ip',
      'resource.id',
    ])
      assert.ok(names.includes(name), name);
    const [first] = data;
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      await abac.call(method, `attributes/${first?.id}`, method === 'DELETE' ? undefined : {}, 403);
    await abac.call(
      'POST',
      'attributes',
      { name: 'E-mail', slug: 'email', attributeType: 'user', dataType: 'string' },
      409,
    );
    await abac.call(
      'POST',
      'attributes',
      { name: 'IP', slug: 'ip_address', attributeType: 'environment', dataType: 'string' },
      409,
    );
    await abac.call('PUT', 'users/x/attributes/email', { value: 'a@b.c' }, 403);
  });

  const whole = { name: 'X', attributeType: 'user', dataType: 'string' };
  for (const [change, member] of [
    [{ name: '' }, 'name'],
    [{ name: undefined }, 'name'],
    [{ attributeType: 'planet' }, 'attributeType'],
    [{ dataType: 'money' }, 'dataType'],
    [{ slug: '1x' }, 'slug'],
    [{ slug: 'a.b' }, 'slug'],
    [{ slug: '__proto__x' }, 'slug'],
    [{ validationRules: { enum: [] } }, 'validationRules'],
    [{ validationRules: { surprise: 1 } }, 'validationRules'],
    [{ validationRules: { pattern: '(?=x)' } }, 'validationRules'],
    [{ defaultValue: 7 }, 'defaultValue'],
    [{ validationRules: { enum: ['a'] }, defaultValue: 'b' }, 'defaultValue'],
  ] as const)
    it(`refuses ${JSON.stringify(change)}`, async () => {
      const { details } = (await abac.call('POST', 'attributes', { ...whole, ...change }, 400)).json<{
        details: Json;
      }>();
      assert.ok(
        Object.keys(details).some((name) => name.startsWith(member)),
        JSON.stringify(details),
      );
    });

  it('attribute-definitions: all of a type, with string ids (contract 9.4 row 14)', async () => {
    const answer = await abac.call('GET', 'attribute-definitions?type=environment', undefined, 200, { bearer });
    const { data } = answer.json<{ data: readonly Json[] }>();
    assert.ok(data.length >= 5);
    for (const one of data) {
      for (const name of ['id', 'name', 'slug', 'attributeType', 'dataType'])
        assert.equal(typeof one[name], 'string', name);
      assert.equal(one.attributeType, 'environment');
    }
    await abac.call('GET', 'attribute-definitions?type=planet', undefined, 400);
  });
});

describe('ABAC: values (contract 3.4)', () => {
  before(async () => {
    await abac.define('user', 'team', { validationRules: { enum: ['red', 'blue'] } });
    await abac.define('resource', 'tags', { dataType: 'array', validationRules: { maxItems: 3 } });
    await abac.define('resource', 'owner_id');
  });

  it('of a user, by id and by e-mail address', async () => {
    const set = await abac.call('PUT', `users/${person.id}/attributes/team`, { value: 'red' });
    const { message, data } = set.json<{ message: string; data: Json }>();
    assert.equal(typeof message, 'string');
    assert.deepEqual(data, { userId: person.id, attributeSlug: 'team', attributeName: 'team', value: 'red' });
    await eventually(async () => {
      const byMail = await abac.call('PUT', `users/${encodeURIComponent(person.email)}/attributes/team`, {
        value: 'blue',
      });
      assert.equal(byMail.json<{ data: Json }>().data.userId, person.id);
    });
    const mine = (await abac.call('GET', 'my-attributes', undefined, 200, { bearer })).json();
    const attributes = mine.attributes as Json;
    assert.deepEqual([mine.user_id, mine.team, attributes.team], [person.id, 'blue', 'blue']);
    assert.deepEqual(
      [attributes.id, attributes.email, attributes.emailVerified, attributes.mfaEnabled, attributes.blocked],
      [person.id, person.email, true, false, false],
    );
    assert.deepEqual([attributes.isAdmin, attributes.orgId, attributes.groups], [false, org.slug, []]);
  });

  it('several at once, all or none, also under the older path', async () => {
    for (const [path, body] of [
      [`/abac/users/${person.id}/attributes`, { attributes: { team: 'red' } }],
      [`/admin/users/${person.id}/attributes`, { team: 'blue' }],
    ] as const)
      await org.call('PUT', path, body);
    await org.call('PUT', `/admin/users/${person.id}/attributes`, { attributes: { team: 'red', unknown: 1 } }, 404);
    const read = (await org.call('GET', `/admin/users/${person.id}/attributes`)).json<{ attributes: Json }>();
    assert.equal(read.attributes.team, 'blue');
    await abac.call('DELETE', `users/${person.id}/attributes/team`);
    const after = (await abac.call('GET', `users/${person.id}/attributes`)).json<{ attributes: Json }>();
    assert.equal('team' in after.attributes, false);
  });

  it('of a resource', async () => {
    const id = 'a/b c?d%2F';
    const path = `resources/document/${encodeURIComponent(id)}/attributes`;
    const { data } = (await abac.call('PUT', `${path}/tags`, { value: ['x', 'y'] })).json<{ data: Json }>();
    const { id: valueId, ...rest } = data;
    assert.equal(typeof valueId, 'string');
    assert.deepEqual(rest, {
      resourceType: 'document',
      resourceId: id,
      attributeSlug: 'tags',
      attributeName: 'tags',
      value: ['x', 'y'],
    });
    assert.deepEqual((await abac.call('GET', path)).json(), {
      resourceType: 'document',
      resourceId: id,
      attributes: { type: 'document', id, tags: ['x', 'y'] },
    });
    await abac.call('DELETE', `${path}/tags`);
    assert.deepEqual((await abac.call('GET', path)).json<{ attributes: Json }>().attributes, { type: 'document', id });
  });

  for (const [path, value, status] of [
    ['users/u1/attributes/team', 'green', 400],
    ['users/u1/attributes/team', 7, 400],
    ['users/u1/attributes/team', undefined, 400],
    ['users/u1/attributes/nothing', 'x', 404],
    ['users/u1/attributes/tags', ['x'], 404],
    ['resources/document/d/attributes/tags', 'x', 400],
    ['resources/document/d/attributes/tags', ['a', 'b', 'c', 'd'], 400],
    ['resources/document/d/attributes/tags', [{}], 400],
    ['resources/document/d/attributes/team', 'red', 404],
  ] as const)
    it(`refuses ${JSON.stringify(value)} for ${path}: ${status}`, async () => {
      const refused = (await abac.call('PUT', path, { value }, status)).json();
      assert.equal(refused.code, status === 400 ? 'validation_error' : 'resource_not_found');
    });
});
