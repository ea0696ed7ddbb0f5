import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readImports } from './read-imports.js';

const SOURCE = `// import x from 'comment';
import './side-effect.js';
import { Kysely, sql as raw, type Transaction } from 'kysely';
import type { Org } from '@lumo/tenancy';
import { type A, type B } from './types-only.js';
import pg from "pg";
import lodash, { map } from 'lodash';
import * as all from './all.js';
import {
  one,
  type Two,
} from './several-lines.js';
export { three } from './three.js';
export type { Four } from './four.js';
export * from './five.js';

const text = "import { no } from 'string'";
const indented = \`
  import { no } from 'template';
\`;
const later = await import('./dynamic.js');
export const from = 'x';
`;

describe('reading imports without a parser', () => {
  it('finds every import with what it takes and where it stands', () => {
    const found = readImports(SOURCE).map(({ specifier, typeOnly, names, line }) => [line, specifier, typeOnly, names]);
    assert.deepEqual(found, [
      [2, './side-effect.js', false, []],
      [3, 'kysely', false, ['Kysely', 'sql']],
      [4, '@lumo/tenancy', true, []],
      [5, './types-only.js', true, []],
      [6, 'pg', false, []],
      [7, 'lodash', false, []],
      [8, './all.js', false, []],
      [9, './several-lines.js', false, ['one']],
      [13, './three.js', false, ['three']],
      [14, './four.js', true, []],
      [15, './five.js', false, []],
      [21, './dynamic.js', false, []],
    ]);
  });
});
