import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ConformanceCase, verdictOf } from './conformance.fixture.js';
import { UNSUPPORTED } from './conformance-unsupported.fixture.js';

interface Suite {
  readonly name: string;
  readonly tests?: readonly { readonly original: ConformanceCase }[];
  readonly suites?: readonly Suite[];
}

const FILE = fileURLToPath(new URL('../../../../../../../../shared/cases/authz/cel/conformance.json', import.meta.url));

const absent = existsSync(FILE) ? false : 'the CEL conformance cases (../shared/cases/authz/cel) are not here';

describe('the CEL conformance suite', { skip: absent }, () => {
  if (absent) return;
  const cases = flatten(JSON.parse(readFileSync(FILE, 'utf8')) as Suite, '');
  const unsupported = UNSUPPORTED.flatMap((group) => group.cases);
  const listed = (path: string) => unsupported.some((entry) => path === entry || path.startsWith(`${entry}/`));
  const supported = cases.filter(([path]) => !listed(path));

  it('is here as a whole', () => {
    assert.ok(cases.length > 2_300, `${cases.length} cases`);
    assert.ok(supported.length > 1_050, `${supported.length} supported cases`);
  });

  for (const [suite, of] of Map.groupBy(supported, ([path]) => path.split('/').slice(0, 2).join('/'))) {
    it(`${suite}: ${of.length} cases`, () => {
      const wrong = of.flatMap(([path, test]) => {
        const verdict = verdictOf(test);
        return verdict === 'right' ? [] : [`${path} ${test.expr}: ${verdict}`];
      });
      assert.deepEqual(wrong, []);
    });
  }

  it('has cases for everything that is listed as unsupported', () => {
    const idle = unsupported.filter((entry) => !cases.some(([path]) => path === entry || path.startsWith(`${entry}/`)));
    assert.deepEqual(idle, []);
  });

  it('answers no case that is listed as unsupported, except with the error that is expected', () => {
    const right = cases.filter(([path, test]) => listed(path) && !test.evalError && verdictOf(test) === 'right');
    assert.deepEqual(
      right.map(([path]) => path),
      [],
    );
  });
});

function flatten(suite: Suite, path: string): readonly (readonly [string, ConformanceCase])[] {
  const own = (suite.tests ?? []).map(({ original }) => [`${path}/${original.name}`, original] as const);
  const inner = (suite.suites ?? []).flatMap((it) => flatten(it, path === '' ? it.name : `${path}/${it.name}`));
  return [...own, ...inner];
}
