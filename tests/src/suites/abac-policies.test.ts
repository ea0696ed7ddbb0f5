import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

type Json = Readonly<Record<string, unknown>>;

let org: OrgWorld;
let abac: AbacWorld;

before(async () => {
  org = await createOrgWorld('abac-policies');
  abac = abacOf(org);
});

describe('ABAC: policies (contract 3.4)', () => {
  const body = {
    name: 'Business hours',
    description: 'Only then',
    resourceType: 'ledger',
    action: 'post',
    effect: 'allow',
    priority: 200,
    conditions: {
      operator: 'AND',
      conditions: [
        { subject: 'environment.hour', operator: 'gte', value: 8 },
        { operator: 'OR', conditions: [{ subject: 'user.team', operator: 'in', value: ['red'] }] },
      ],
    },
  };

  it('create, read, list, change, toggle, delete', async () => {
    const { data } = (await abac.call('POST', 'policies', body, 201)).json<{ data: Json }>();
    const { id, createdAt, updatedAt, ...rest } = data;
    assert.equal(typeof id, 'string');
    assert.equal(typeof createdAt, 'string');
    assert.equal(typeof updatedAt, 'string');
    assert.deepEqual(rest, { ...body, slug: 'business_hours', isActive: true, isSystem: false });
    for (const reference of [id, 'business_hours'])
      assert.equal((await org.call('GET', `/admin/abac/policies/${reference}`)).json<{ data: Json }>().data.id, id);
    await abac.call('POST', 'policies', body, 409);
    const patched = (await abac.call('PATCH', `policies/${id}`, { priority: 5 })).json<{ data: Json }>().data;
    assert.deepEqual([patched.priority, patched.name, patched.conditions], [5, body.name, body.conditions]);
    assert.equal((await abac.call('POST', `policies/${id}/toggle`)).json<{ data: Json }>().data.isActive, false);
    assert.equal((await abac.call('POST', `policies/${id}/toggle`)).json<{ data: Json }>().data.isActive, true);
    const listed = (await abac.call('GET', 'policies?resourceType=ledger&effect=allow&isActive=true')).json<{
      data: readonly Json[];
      meta: Json;
      resourceType: string;
    }>();
    assert.deepEqual([listed.data.length, listed.meta.total, listed.resourceType], [1, 1, 'policies']);
    assert.equal((await abac.call('GET', 'policies?search=BUSINESS')).json<{ meta: Json }>().meta.total, 1);
    assert.deepEqual(Object.keys((await abac.call('DELETE', `policies/${id}`)).json()), ['message']);
    await abac.call('GET', `policies/${id}`, undefined, 404);
  });

  it('older shapes are stored in the current one', async () => {
    const old = {
      name: 'Older',
      target: { resources: ['file'], actions: ['read'] },
      effect: 'deny',
      conditions: {
        all: [{ attribute: 'user.level', operator: 'less_than', value: 3 }],
        none: [{ attribute: 'env.ip_address', operator: 'equals', value: '10.0.0.1' }],
      },
    };
    const { data } = (await org.call('POST', '/admin/abac/policies', old, 201)).json<{ data: Json }>();
    assert.deepEqual([data.resourceType, data.action], ['file', 'read']);
    assert.deepEqual(data.conditions, {
      operator: 'AND',
      conditions: [
        { operator: 'AND', conditions: [{ subject: 'user.level', operator: 'lt', value: 3 }] },
        { operator: 'NOT', conditions: [{ subject: 'environment.ip', operator: 'equals', value: '10.0.0.1' }] },
      ],
    });
  });

  for (const [change, member] of [
    [{ name: undefined }, 'name'],
    [{ effect: 'maybe' }, 'effect'],
    [{ effect: undefined }, 'effect'],
    [{ conditions: undefined }, 'conditions'],
    [{ conditions: 'always' }, 'conditions'],
    [{ conditions: { operator: 'XOR', conditions: [] } }, 'conditions.operator'],
    [
      { conditions: { operator: 'AND', conditions: [{ subject: 'user.a', operator: 'like', value: 1 }] } },
      'conditions.conditions[0].operator',
    ],
    [{ conditions: [{ subject: 'user.a', operator: 'matches', value: '(' }] }, 'conditions[0].value'],
    [{ resourceType: undefined }, 'resourceType'],
    [{ resourceType: 'doc*' }, 'resourceType'],
    [{ action: '' }, 'action'],
    [{ priority: 1001 }, 'priority'],
    [{ priority: -1 }, 'priority'],
    [{ priority: 1.5 }, 'priority'],
    [{ slug: 'pol_x' }, 'slug'],
    [{ slug: 'a b' }, 'slug'],
    [{ target: { resources: ['a', 'b'] } }, 'target'],
  ] as const)
    it(`refuses ${JSON.stringify(change).slice(0, 80)}`, async () => {
      const refused = (await abac.call('POST', 'policies', { ...body, slug: 'refused', ...change }, 400)).json<{
        code: string;
        error: string;
        details: Json;
      }>();
      assert.deepEqual([refused.code, refused.error], ['validation_error', 'validation_error']);
      assert.ok(
        Object.keys(refused.details).some((name) => name.startsWith(member)),
        JSON.stringify(refused.details),
      );
    });
});
