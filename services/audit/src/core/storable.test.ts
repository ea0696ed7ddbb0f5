import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storableJson, storableText } from './storable.js';

describe('what the database can hold', () => {
  it('replaces NUL and lone surrogates', () => assert.equal(storableText('a\0b\ud800c😀'), 'a\ufffdb\ufffdc😀'));
  it('cuts without leaving half a character', () => assert.equal(storableText('ab😀', 3), 'ab\ufffd'));
  it('does so in names and values at every depth', () =>
    assert.equal(
      JSON.stringify(
        storableJson({ 'k\0': ['v\0', { x: Number.NaN, y: undefined, z: 1n, d: new Date(0) }], f: () => 1 }),
      ),
      '{"k\ufffd":["v\ufffd",{"x":null,"z":"1","d":"1970-01-01T00:00:00.000Z"}],"f":null}',
    ));
  it('keeps __proto__ a name', () =>
    assert.equal(JSON.stringify(storableJson(JSON.parse('{"__proto__":{"a":1}}'))), '{"__proto__":{"a":1}}'));
});
