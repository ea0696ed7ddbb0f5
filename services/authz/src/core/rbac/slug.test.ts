import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPermissionSlug, checkRoleSlug, slugFromName } from './slug.js';

describe('permission slugs are free text', () => {
  for (const slug of [
    'document.edit',
    'users:read',
    'a',
    'with space',
    'ünï',
    '123',
    'x'.repeat(255),
    '__proto__',
    '%2F..',
  ])
    it(`accepts ${slug.slice(0, 20)}`, () => assert.deepEqual(checkPermissionSlug(slug), { ok: true, value: slug }));
  for (const slug of ['', ' edit', 'edit ', 'x'.repeat(256), 'x'.repeat(10_000), 'a\0b', 'a\nb', '\ud800'])
    it(`refuses ${JSON.stringify(slug.slice(0, 20))} (${slug.length})`, () =>
      assert.equal(checkPermissionSlug(slug).ok, false));
});

describe('role slugs', () => {
  for (const slug of ['editor', 'User_Manager', 'a', '7', 'team:lead', 'x'.repeat(100)])
    it(`accepts ${slug.slice(0, 20)}`, () => assert.equal(checkRoleSlug(slug).ok, true));
  for (const slug of ['', 'has space', '-x', 'rol_abc', 'a/b', 'x'.repeat(101), 'ü'])
    it(`refuses ${JSON.stringify(slug.slice(0, 20))}`, () => assert.equal(checkRoleSlug(slug).ok, false));
});

describe('slugFromName', () => {
  const cases: readonly [string, string][] = [
    ['User Manager', 'user_manager'],
    ['  Édition & Vente ', 'edition_vente'],
    ['document.edit', 'document.edit'],
    ['日本', ''],
    ['__x__', 'x'],
  ];
  for (const [name, slug] of cases) it(`${name} → ${slug}`, () => assert.equal(slugFromName(name), slug));
});
