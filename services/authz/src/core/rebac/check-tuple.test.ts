import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkTuple } from './check-tuple.js';
import { compileModel } from './compile-model.js';
import { modelFromDsl } from './language/dsl.js';
import type { RelationTuple } from './tuple.js';

const read = modelFromDsl(`model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type document
  relations
    define owner: [user]
    define viewer: [user, user:* with at_work, group#member with at_work, group#member with at_home]
    define can_view: owner or viewer
condition at_work(hour: int, site: string) {
  hour >= 9 && site != ""
}
condition at_home(hour: int) {
  hour < 9
}
`);
assert.ok(read.ok);
const model = compileModel(read.value);

const verdict = (text: string, condition?: RelationTuple['condition']) => {
  const [, object = '', relation = '', subject = ''] = /^(.*?)#([^#@]*)@(.*)$/s.exec(text) ?? [];
  const checked = checkTuple(model, { object, relation, subject, ...(condition && { condition }) });
  if (checked.ok) return 'fine';
  const failure = checked.error;
  return 'detail' in failure ? `${failure.reason}: ${failure.detail}` : failure.reason;
};

describe('a tuple and its model', () => {
  const at_work = { name: 'at_work' };
  const cases: readonly [title: string, tuple: string, condition: RelationTuple['condition'], expected: RegExp][] = [
    ['a plain subject', 'document:1#owner@user:anne', undefined, /^fine$/],
    ['a userset', 'group:a#member@group:b#member', undefined, /^fine$/],
    ['a condition that is asked for', 'document:1#viewer@user:*', at_work, /^fine$/],
    ['one of two conditions', 'document:1#viewer@group:a#member', { name: 'at_home' }, /^fine$/],
    [
      'everybody without the condition (CVE-2025-64751)',
      'document:1#viewer@user:*',
      undefined,
      /user:\* may be written here with 'at_work', none is given/,
    ],
    [
      'a condition that is of another shape',
      'document:1#viewer@user:anne',
      at_work,
      /user may be written here with no condition, not 'at_work'/,
    ],
    [
      'a userset without any of its conditions',
      'document:1#viewer@group:a#member',
      undefined,
      /with 'at_work' or 'at_home'/,
    ],
    ['a type that is not accepted', 'document:1#owner@group:a', undefined, /document#owner accepts user, not group/],
    ['everybody where one is accepted', 'document:1#owner@user:*', undefined, /accepts user, not user:\*/],
    ['a userset where one is accepted', 'document:1#owner@group:a#member', undefined, /accepts user, not group#member/],
    [
      'a computed relation',
      'document:1#can_view@user:anne',
      undefined,
      /no tuples can be written for document#can_view/,
    ],
    ['itself', 'group:a#member@group:a#member', undefined, /whoever has the relation has the relation/],
    ['an unknown type', 'folder:1#owner@user:anne', undefined, /^type_not_found$/],
    ['an unknown relation', 'document:1#editor@user:anne', undefined, /^relation_not_found$/],
    ['a relation of every object', 'document:1#constructor@user:anne', undefined, /^relation_not_found$/],
    ['a type of every object', 'constructor:1#owner@user:anne', undefined, /^type_not_found$/],
    ['an unknown type of subject', 'document:1#owner@team:1', undefined, /^type_not_found$/],
    ['an unknown relation of a subject', 'document:1#owner@group:a#owner', undefined, /^relation_not_found$/],
    ['an unknown condition', 'document:1#viewer@user:*', { name: 'x' }, /not 'x'/],
    ['no object', 'document#owner@user:anne', undefined, /^malformed: an object is written type:id/],
    ['an object without an id', 'document:#owner@user:anne', undefined, /^malformed/],
    ['everything', 'document:*#owner@user:anne', undefined, /^malformed: an object is one object/],
    ['a space', 'document:a b#owner@user:anne', undefined, /^malformed: types and ids have no/],
    ['a control character', 'document:a\u0000#owner@user:anne', undefined, /^malformed/],
    ['a line separator', 'document:a\u2028#owner@user:anne', undefined, /^malformed/],
    ['half a character', 'document:\ud800#owner@user:anne', undefined, /^malformed: the text is no valid Unicode/],
    ['a colon in an id', 'document:a:b#owner@user:anne', undefined, /^malformed/],
    ['a long object', `document:${'x'.repeat(300)}#owner@user:anne`, undefined, /at most 256 characters/],
    ['a long subject', `document:1#owner@user:${'x'.repeat(600)}`, undefined, /at most 512 characters/],
    ['a subject without an id', 'document:1#owner@user:', undefined, /^malformed/],
    ['a subject of nothing', 'document:1#owner@', undefined, /^malformed/],
    [
      'everybody with a relation',
      'document:1#owner@group:*#member',
      undefined,
      /^malformed: '\*' stands for everybody/,
    ],
    ['a subject with two relations', 'document:1#owner@group:a#member#member', undefined, /^malformed/],
    ['letters of any language', 'document:ÄÖ-日本@x.org|1#owner@user:Zoë', undefined, /^fine$/],
  ];
  for (const [title, tuple, condition, expected] of cases) {
    it(title, () => assert.match(verdict(tuple, condition), expected));
  }

  it('what is stored for a condition: declared parameters of their type, not too much of them', () => {
    const context = (json: object) => verdict('document:1#viewer@user:*', { name: 'at_work', context: json as never });
    assert.equal(context({}), 'fine');
    assert.equal(context({ hour: '9' }), 'fine');
    assert.match(context({ hour: 'nine' }), /condition 'at_work': parameter 'hour': int is expected/);
    assert.match(context({ day: 1 }), /no parameter 'day'; it has hour, site/);
    assert.equal(context({ site: 'x'.repeat(32_000) }), 'fine');
    assert.match(context({ site: 'x'.repeat(33_000) }), /bytes, more than 32768/);
    assert.match(context({ site: 'ü'.repeat(17_000) }), /bytes, more than 32768/);
  });
});
