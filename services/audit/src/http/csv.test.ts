import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvCell, csvLine } from './csv.js';

describe('CSV that a spreadsheet opens', () => {
  const cases: readonly (readonly [string | number | null, string])[] = [
    ['plain', 'plain'],
    [null, ''],
    [-5, '-5'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=HYPERLINK("http://evil")', '"\'=HYPERLINK(""http://evil"")"'],
    ['+1', '"\'+1"'],
    ['-1+1', '"\'-1+1"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    ['\t=1', '"\'\t=1"'],
    ['  =1', '"\'  =1"'],
    ['\n=1', '"\'\n=1"'],
  ];
  for (const [value, expected] of cases)
    it(`writes ${JSON.stringify(value)}`, () => assert.equal(csvCell(value), expected));
  it('ends a line with CRLF', () => assert.equal(csvLine(['a', null, 1]), 'a,,1\r\n'));
});
