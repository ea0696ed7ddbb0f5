import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

let org: OrgWorld;
let abac: AbacWorld;

before(async () => {
  org = await createOrgWorld('abac-attacks');
  abac = abacOf(org);
});

describe('ReDoS (CWE-1333): patterns of policies take linear time', () => {
  const text = `${'a'.repeat(1_000)}!`;
  const matches = (name: string, value: string) => {
    const conditions = { subject: 'resource.text', operator: 'matches', value };
    return abac.policy({ name, resourceType: name, action: 'read', conditions });
  };
  const may = (type: string, value: string) =>
    abac.may({ resourceType: type, action: 'read', user_id: 'x', context: { resource: { text: value } } });

  it('a genuine pattern matches what it should', async () => {
    await matches('genuine', '^[a-z.]+@acme\\.com$');
    assert.equal(await may('genuine', 'wile.e@acme.com'), true);
    assert.equal(await may('genuine', 'wile.e@acme.com.evil.test'), false);
  });

  // With a backtracking engine none of these would be answered while the sun shines.
  for (const [i, pattern] of [
    '(a+)+$',
    '^(a|aa)+$',
    '(.*a){20}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
  ].entries()) {
    it(`${pattern} is answered`, async () => {
      await matches(`evil-${i}`, pattern);
      assert.equal(await may(`evil-${i}`, text), false);
    });
  }

  it('a pattern that is too large is refused, and so is a text', async () => {
    for (const value of ['a{1000}'.repeat(10), '((a{10}){10}){9}', 'a'.repeat(501), '(?=a)a', '(a)\\1'])
      await abac.call(
        'POST',
        'policies',
        {
          name: 'x',
          resourceType: 'x',
          action: 'x',
          effect: 'allow',
          conditions: [{ subject: 'user.a', operator: 'matches', value }],
        },
        400,
      );
    await abac.call(
      'POST',
      'attributes',
      { name: 'p', attributeType: 'user', dataType: 'string', validationRules: { pattern: '(a{1000}){1000}' } },
      400,
    );
    // Up to 4000 characters are an attribute; a pattern reads 1024 of them and does not guess about the rest.
    assert.equal(await may('genuine', `${'a'.repeat(2_000)}@acme.com`), false);
    const long = { resourceType: 'genuine', action: 'read', context: { resource: { text: 'a'.repeat(5_000) } } };
    await abac.call('POST', 'check', long, 400);
  });

  /** Twenty comparisons, each of which needs half of what a decision may take. */
  const heavy = async (of: AbacWorld) => {
    const leaf = { subject: 'resource.text', operator: 'matches', value: '[\\p{L}\\p{N}]{400}x$' };
    const conditions = { operator: 'OR', conditions: Array.from({ length: 4 }, () => leaf) };
    for (let i = 0; i < 5; i++)
      await of.policy({ name: `heavy ${i}`, resourceType: 'heavy', action: 'read', effect: 'deny', conditions });
    await of.policy({ name: 'light', resourceType: 'heavy', action: 'read' });
    return { resourceType: 'heavy', action: 'read', context: { resource: { text: 'é'.repeat(1_000) } } };
  };

  it('much work of many patterns ends in a refusal to decide, and others are answered meanwhile', async () => {
    const question = await heavy(abac);
    const [first, ...others] = await Promise.all([
      abac.call('POST', 'check', question),
      ...Array.from({ length: 20 }, () => may('genuine', 'wile.e@acme.com')),
    ]);
    assert.equal(first.json().allowed, false);
    assert.match(String(first.json().reason), /more work than one decision may/);
    assert.ok(others.every((allowed) => allowed === true));
  });

  it('an organization that asks for more time than its share is told so, and others are answered meanwhile', async () => {
    const hostile = await createOrgWorld('abac-attacks-heavy');
    const question = await heavy(abacOf(hostile));
    const requests = Array.from({ length: 100 }, (_, i) => ({ ...question, resourceId: `r${i}` }));
    const ask = () =>
      hostile.http.send('POST', `${hostile.api}/abac/check-bulk`, { apiKey: hostile.apiKey, json: { requests } });
    let isOver = false;
    const attack = Promise.all([ask(), ask(), ask()]).finally(() => {
      isOver = true;
    });
    let slowestMs = 0;
    while (!isOver) {
      const startedMs = performance.now();
      assert.equal(await may('genuine', 'wile.e@acme.com'), true);
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    const refusal = (await attack).find(({ status }) => status === 429);
    assert.equal(refusal?.json().code, 'too_many_requests');
    assert.ok(Number(refusal?.headers.get('retry-after')) >= 1);
    // A decision takes a tenth of a second at most here, and a hundred of them stood in line.
    assert.ok(slowestMs < 3_000, `${slowestMs} ms`);
  });
});

describe('Names that programs trip over', () => {
  it('are names like any other, or refused', async () => {
    await abac.policy({
      name: 'Inherited',
      resourceType: 'proto',
      action: 'read',
      conditions: {
        any: ['constructor', 'toString', 'hasOwnProperty', '__proto__x'].map((name) => ({
          attribute: `resource.${name}`,
          operator: 'exists',
        })),
      },
    });
    const may = (resource: object) => abac.may({ resourceType: 'proto', action: 'read', context: { resource } });
    assert.equal(await may({}), false);
    assert.equal(await may({ constructor: 1 }), true);
    const polluted = await org.http.send('POST', `${org.api}/abac/check`, {
      apiKey: org.apiKey,
      headers: { 'content-type': 'application/json' },
      body: '{"resourceType":"proto","action":"read","context":{"resource":{"__proto__":{"constructor":1}}}}',
    });
    polluted.expect(400);
    for (const slug of ['constructor', '__proto__', 'prototype'])
      await abac.call('POST', 'attributes', { name: 'x', slug, attributeType: 'user', dataType: 'string' }, 400);
  });

  it('text that no column holds is refused, wherever it stands', async () => {
    await abac.define('user', 'clearance');
    for (const text of ['\ud800', 'a\udc00b']) {
      await abac.call('PUT', 'users/u/attributes/clearance', { value: text }, 400);
      await abac.call(
        'POST',
        'policies',
        { name: text, resourceType: 'x', action: 'x', effect: 'allow', conditions: {} },
        400,
      );
      await abac.call(
        'POST',
        'policies',
        { name: 'x', resourceType: text, action: 'x', effect: 'allow', conditions: {} },
        400,
      );
      await abac.call(
        'POST',
        'policies',
        {
          name: 'x',
          resourceType: 'x',
          action: 'x',
          effect: 'allow',
          conditions: [{ subject: 'user.a', operator: 'equals', value: text }],
        },
        400,
      );
      await abac.call('POST', 'check', { resourceType: text, action: 'x' }, 400);
      await abac.call('POST', 'check', { resourceType: 'x', action: 'x', user_id: text }, 400);
    }
  });
});
