import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PathRefusal, readRequestPath } from './request-path.js';

const ACCEPTED: readonly (readonly [target: string, path: string, segments: readonly string[]])[] = [
  ['/', '/', []],
  ['/orgs/acme/api/v1/admin/users', '/orgs/acme/api/v1/admin/users', ['orgs', 'acme', 'api', 'v1', 'admin', 'users']],
  ['/a/b/', '/a/b', ['a', 'b']],
  ['/%61dmin', '/admin', ['admin']],
  ['/users/user%2F..%2Fadmin', '/users/user%2F..%2Fadmin', ['users', 'user/../admin']],
  ['/users/a%40b.example', '/users/a%40b.example', ['users', 'a@b.example']],
  ['/users/a@b.example', '/users/a%40b.example', ['users', 'a@b.example']],
  ['/users/100%2525', '/users/100%2525', ['users', '100%25']],
  ['/users/%252e%252e', '/users/%252e%252e', ['users', '%2e%2e']],
  ['/users;a=b/x', '/users%3Ba%3Db/x', ['users;a=b', 'x']],
  ['/%C3%A9', '/%C3%A9', ['é']],
  ['/...', '/...', ['...']],
];

const REFUSED: readonly (readonly [target: string, reason: PathRefusal])[] = [
  ['', 'not_origin_form'],
  ['*', 'not_origin_form'],
  ['http://evil.example/admin', 'not_origin_form'],
  ['admin', 'not_origin_form'],
  ['//evil.example/admin', 'empty_segment'],
  ['/orgs//acme', 'empty_segment'],
  ['/orgs/acme//', 'empty_segment'],
  ['//', 'empty_segment'],
  ['/./admin', 'dot_segment'],
  ['/public/../admin', 'dot_segment'],
  ['/public/..', 'dot_segment'],
  ['/public/../', 'dot_segment'],
  ['/public/%2e%2e/admin', 'dot_segment'],
  ['/public/%2E./admin', 'dot_segment'],
  ['/public/%2e', 'dot_segment'],
  ['/a\\b', 'forbidden_character'],
  ['/a%5Cb', 'forbidden_character'],
  ['/a%00', 'forbidden_character'],
  ['/a%0d%0aSet-Cookie', 'forbidden_character'],
  ['/a%7f', 'forbidden_character'],
  ['/a#b', 'forbidden_character'],
  ['/a?b#c', 'forbidden_character'],
  ['/a"b', 'forbidden_character'],
  ['/a|b', 'forbidden_character'],
  ['/a<b', 'forbidden_character'],
  ['/é', 'forbidden_character'],
  ['/%', 'bad_encoding'],
  ['/%4', 'bad_encoding'],
  ['/%zz', 'bad_encoding'],
  ['/%c0%ae%c0%ae/admin', 'bad_encoding'],
  ['/%ff', 'bad_encoding'],
];

describe('request target', () => {
  for (const [target, path, segments] of ACCEPTED) {
    it(`reads ${target} as ${path}`, () => {
      assert.deepEqual(readRequestPath(target), { ok: true, value: { path, segments, query: '' } });
    });
    it(`reads its own spelling of ${target} as itself`, () => {
      const again = readRequestPath(path);
      assert.equal(again.ok && again.value.path, path);
    });
  }

  for (const [target, reason] of REFUSED) {
    it(`refuses ${JSON.stringify(target)}: ${reason}`, () => {
      assert.deepEqual(readRequestPath(target), { ok: false, error: reason });
    });
  }

  it('leaves the query alone, whatever it contains', () => {
    const read = readRequestPath('/a?next=/../b//c&x=%2e%2e?&y=%zz');
    assert.deepEqual(read, {
      ok: true,
      value: { path: '/a', segments: ['a'], query: '?next=/../b//c&x=%2e%2e?&y=%zz' },
    });
  });
});
