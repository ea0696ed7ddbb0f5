import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AuthorizationModel } from './authorization-model.js';
import { checkTuple } from './check-tuple.js';
import { compileModel } from './compile-model.js';
import { compileCondition } from './conditions/compile-condition.js';
import { condition, definition } from './conditions/condition.fixture.js';
import { modelFromDsl, modelToDsl } from './language/dsl.js';
import { differenceOf } from './language/model-difference.js';
import { modelFromModules } from './language/modules.js';
import { parseDsl } from './language/parse-dsl.js';
import { replaceNamespace } from './language/read-namespace.js';
import { namespacesOf } from './language/write-namespace.js';
import { type ModelProblem, problemText } from './model-problem.js';
import { randomModel } from './random-model.fixture.js';
import { validateModel } from './validate-model.js';

/** Anything may be sent: nothing throws, nothing hangs, and a refusal says where. */
const RUNS = process.env.LUMO_TEST_LONG === '1' ? 5_000 : 200;
const runs = { numRuns: RUNS };

/** Far above what is ever needed, so that only something that does not end is found. */
const HANGS = { timeout: 120_000 };

function refusesWithPlace(problems: readonly ModelProblem[], lines?: number): void {
  assert.ok(problems.length > 0 && problems.length <= 100, `${problems.length} problems`);
  for (const problem of problems) {
    assert.ok(problem.detail.length > 5 && problem.detail.length < 2_000, problemText(problem));
    if (lines === undefined || problem.line === undefined) continue;
    assert.ok(problem.line >= 1 && problem.line <= lines + 1, `${problemText(problem)} of ${lines} lines`);
  }
}

describe('hostile texts to the DSL', HANGS, () => {
  const MODEL = `model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, group#member with near] or (owner but not banned)
    define owner: [user] # a comment
    define banned: [user]
    define parent: [group]
    define can_view: (member and owner) or can_view from parent
condition near(ip: ipaddress, tags: list<string>) {
  ip.in_cidr("10.0.0.0/8") && tags.exists(t, t == "}")
}
`;
  const words = fc.constantFrom(
    ...'type relations define a b : [ ] ( ) or and but_not from with # * , { } condition model schema 1.1 extend module user'.split(
      ' ',
    ),
    'but not',
    '\n',
    '\n  ',
    '  define a: ',
    '\ntype a\n',
    '"',
    '__proto__',
    'constructor',
    'condition c(a: int) {\n a < 1\n}\n',
  );

  it('words of the language in any order', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 80 }), fc.boolean(), (soup, header) => {
        const text = `${header ? 'model\n  schema 1.1\n' : ''}${soup.join(' ')}`;
        const read = modelFromDsl(text);
        if (!read.ok) refusesWithPlace(read.error, text.split('\n').length);
      }),
      runs,
    );
  });

  it('a model with something else in it', () => {
    fc.assert(
      fc.property(fc.nat(MODEL.length), fc.nat(20), fc.oneof(words, fc.string({ unit: 'binary' })), (at, cut, text) => {
        const changed = MODEL.slice(0, at) + text + MODEL.slice(at + cut);
        const read = modelFromDsl(changed);
        if (!read.ok) refusesWithPlace(read.error, changed.split('\n').length);
      }),
      runs,
    );
  });

  it('any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const read = parseDsl(text);
        if (!read.ok) refusesWithPlace(read.error);
      }),
      runs,
    );
  });

  const header = 'model\n  schema 1.1\ntype user\ntype d\n  relations\n';
  const large: readonly [title: string, text: string][] = [
    ['brackets', `${header}    define a: ${'('.repeat(30_000)}b${')'.repeat(30_000)}\n`],
    ['brackets on every line', header + '    define a: ((((((((((((((((((((b))))))))))))))))))))\n'.repeat(1_000)],
    ['unclosed brackets', header + '    define a: ((((((((((((((((((((b\n'.repeat(1_500)],
    ['empty lines', `${header}${'\n'.repeat(500_000)}x`],
    ['empty lines with spaces', `${header}${' \t\r\n'.repeat(100_000)}x`],
    ['comments', `${header}${'# a\n'.repeat(100_000)}x`],
    ['carriage returns', `${header}${'\r'.repeat(60_000)}x`],
    ['form feeds', `${header}${'\f'.repeat(60_000)}x`],
    ['wrong lines', header + '    define a b\n'.repeat(4_000)],
    ['one word', 'type '.repeat(12_000)],
    ['operands', `${header}    define a: b${' or b'.repeat(12_000)}\n`],
    ['types', `${header}    define a: [user${', user'.repeat(9_000)}]\n`],
    ['a long condition', `${header}condition c(a: int) {\n${'a == 1 &&\n'.repeat(40_000)}true }\n`],
    ['conditions without an end', header + 'condition c(a: int) {\n'.repeat(2_500)],
    ['texts without an end', `${header}${'condition c(a: int) { """\n'.repeat(2_400)}`],
    ['parameters without an end', `${header}condition c(${'a: int, '.repeat(7_000)}`],
    ['a long name', `${header}    define ${'a'.repeat(60_000)}: [user]\n`],
  ];
  for (const [title, text] of large) {
    it(`a large one: ${title}`, () => {
      const read = modelFromDsl(text);
      if (!read.ok) refusesWithPlace(read.error, text.split('\n').length);
    });
  }

  it('files that are no modules, and manifests that are none', () => {
    const names = fc.constantFrom('a.fga', '../a.fga', '__proto__', 'b/c.fga', '%2e%2e/a.fga', '');
    const file = fc.oneof(
      fc.string(),
      fc.constant('module a\ntype user\nextend type user\n  relations\n    define x: [user]\n'),
    );
    const manifest = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(names).map((list) => `schema: '1.2'\ncontents:\n${list.map((name) => `  - ${name}\n`).join('')}`),
      fc.constant(`schema: '1.2'\na: &a [x]\n${'b: &b [*a, *a, *a]\n'.repeat(50)}contents: *a\n`),
    );
    fc.assert(
      fc.property(manifest, fc.array(fc.tuple(names, file)), (text, files) => {
        const read = modelFromModules(text, new Map(files));
        if (!read.ok) refusesWithPlace(read.error);
      }),
      runs,
    );
  });
});

describe('hostile JSON to the validator', HANGS, () => {
  it('any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        const read = validateModel(json);
        if (!read.ok) refusesWithPlace(read.error);
      }),
      runs,
    );
  });

  it('a model of which one part is any JSON', () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('__proto__', 'constructor', '', 'a#b', ' ', '\ud800', {}, [], null, 0, { this: {} }),
    );
    fc.assert(
      fc.property(randomModel, fc.nat(), odd, (model, at, value) => {
        const paths = pathsOf(model, []);
        const path = paths[at % paths.length] ?? [];
        const read = validateModel(withValueAt(model, path, value));
        if (read.ok) compileModel(read.value);
        else refusesWithPlace(read.error);
      }),
      runs,
    );
  });
});

describe('models that are accepted', HANGS, () => {
  it('are the same in every form: compiled, as DSL and as namespaces', () => {
    let accepted = 0;
    fc.assert(
      fc.property(randomModel, (json) => {
        const model = validateModel(json);
        if (!model.ok) return refusesWithPlace(model.error);
        accepted++;
        compileModel(model.value);
        const dsl = modelToDsl(model.value);
        if (dsl.ok) {
          const back = modelFromDsl(dsl.value);
          assert.ok(back.ok, dsl.value);
          assert.equal(differenceOf(model.value, back.value), undefined);
        } else assert.equal(dsl.error.code, 'not-expressible');
        for (const namespace of namespacesOf(model.value)) {
          const again = replaceNamespace(model.value, namespace.name, JSON.parse(JSON.stringify(namespace)));
          assert.ok(again.ok, again.ok ? '' : `${JSON.stringify(namespace)} ${again.error.map(problemText).join()}`);
          assert.equal(meaningOf(again.value), meaningOf(model.value), JSON.stringify(namespace));
        }
      }),
      runs,
    );
    assert.ok(accepted > RUNS / 30, `only ${accepted} of ${RUNS} models were valid`);
  });

  it('and a namespace may be any JSON', () => {
    const expression = fc.letrec<Record<'it', unknown>>((tie) => ({
      it: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(
          'user',
          'a',
          'b',
          'parent.a',
          'group#a',
          'user:*',
          'user with c',
          '__proto__',
          '.',
          '#',
          ':*',
          '',
        ),
        fc.array(tie('it'), { maxLength: 3 }),
        fc.record({ union: tie('it') }),
        fc.record({ intersection: tie('it') }),
        fc.record({ relation: tie('it'), from: tie('it') }),
        fc.jsonValue({ maxDepth: 1 }),
      ),
    })).it;
    const names = fc.constantFrom('a', 'b', 'parent', '__proto__', 'x y');
    const section = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.dictionary(names, expression, { maxKeys: 3 }));
    fc.assert(
      fc.property(section, section, fc.jsonValue({ maxDepth: 2 }), (relations, permissions, not_expressible) => {
        const read = replaceNamespace(undefined, 'doc', { relations, permissions, not_expressible });
        if (read.ok) assert.ok(read.value.type_definitions.some(({ type }) => type === 'doc'));
        else refusesWithPlace(read.error);
      }),
      runs,
    );
  });
});

describe('hostile tuples', HANGS, () => {
  const read = modelFromDsl(
    'model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define a: [user, user:*, doc#a, user with c]\ncondition c(x: int) {\n  x > 0\n}\n',
  );
  assert.ok(read.ok);
  const model = compileModel(read.value);
  const part = fc.oneof(
    fc.constantFrom('user', 'doc', 'a', '*', '1', 'c', '__proto__'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.tuple(part, part).map(([a, b]) => `${a}:${b}`),
    fc.tuple(part, part, part).map(([a, b, c]) => `${a}:${b}#${c}`),
    part.map((id) => `doc:${id}`),
    part.map((id) => `user:${id}`),
  );
  it('any text in any place, and any context', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        text,
        fc.oneof(fc.constant('a'), part),
        text,
        fc.option(fc.tuple(part, fc.jsonValue())),
        (object, relation, subject, given) => {
          const context = given?.[1];
          const isObject = typeof context === 'object' && context !== null && !Array.isArray(context);
          const condition = given && {
            name: given[0],
            ...(isObject && { context: context as Record<string, unknown> }),
          };
          const checked = checkTuple(model, { object, relation, subject, ...(condition && { condition }) });
          if (!checked.ok) return assert.ok(checked.error.reason.length > 0);
          accepted++;
          for (const written of [object, subject]) {
            assert.ok(written.isWellFormed() && !/[\s\p{Cc}]/u.test(written), JSON.stringify(written));
          }
        },
      ),
      { numRuns: RUNS * 10 },
    );
    assert.ok(accepted > 0);
  });
});

describe('hostile contexts and expressions of conditions', HANGS, () => {
  const TYPES = [
    'bool',
    'string',
    'int',
    'uint',
    'double',
    'duration',
    'timestamp',
    'ipaddress',
    'list<int>',
    'map<string>',
    'any',
  ];
  const compiled = TYPES.map((type) => condition('x == x', { x: type }));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.ipV4(),
    fc.ipV6(),
    fc.integer().map((n) => `${n}h`),
    fc.constantFrom('::', '1e99', '-0', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', `${'9'.repeat(99)}`),
  );
  it('any value for a parameter of any type: the same verdict when it is stored and when it is asked', () => {
    let answered = 0;
    fc.assert(
      fc.property(fc.nat(TYPES.length - 1), value, (at, x) => {
        const it = compiled[at];
        assert.ok(it);
        const [stored, asked] = [it.checkContext({ x }), it.evaluate(undefined, { x })];
        // Reading a large value costs more than an evaluation may: then only the answer is refused.
        if (!asked.ok && /costs more/.test(asked.error.detail)) return;
        assert.equal(asked.ok, stored.ok);
        if (asked.ok) answered++;
        else assert.match(asked.error.detail, /^parameter 'x': /);
      }),
      { numRuns: RUNS * 10 },
    );
    assert.ok(answered > RUNS);
  });

  const words = fc.constantFrom(
    ...'x y z ( ) [ ] { } , . ? : + - * / % < <= > >= == != && || ! in true false null 1 1u 1.5 "a" b"a" .size() .exists( .map( has( int( string( timestamp( duration( type( matches( .matches( .in_cidr( .getHours('.split(
      ' ',
    ),
    '"10.0.0.0/8"',
    '"Europe/Berlin"',
    'google.protobuf.Duration',
    '9223372036854775807',
    '// c\n',
  );
  it('any expression', () => {
    let answered = 0;
    const check = (text: string) => {
      const compiled = compileCondition(definition(text, { x: 'int', y: 'any', z: 'list<string>' }));
      if (!compiled.ok) return assert.ok(compiled.error.length > 5 && compiled.error.length < 1_000);
      const outcome = compiled.value.evaluate({ x: 1 }, { y: { a: [1, 'b', null] }, z: ['a', 'b'] });
      answered++;
      if (!outcome.ok) assert.ok(outcome.error.detail.length > 5);
    };
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 8 }).map((parts) => parts.join(' ')),
        check,
      ),
      { numRuns: RUNS * 20 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check), runs);
    assert.ok(answered > 0, 'no expression was one');
  });
});

/** What is decided by, whatever the order of relations and operands. */
function meaningOf(model: AuthorizationModel): string {
  return sorted([...compileModel(model).types.values()]);
}

function sorted(value: unknown): string {
  if (value instanceof Map) return sorted([...value]);
  if (Array.isArray(value)) return `[${value.map(sorted).sort()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  return `{${Object.entries(value).map(([key, item]) => `${key}:${sorted(item)}`)}}`;
}

type Path = readonly (string | number)[];

function pathsOf(json: unknown, path: Path): readonly Path[] {
  if (typeof json !== 'object' || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, value]) => pathsOf(value, [...path, key]))];
}

function withValueAt(json: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = structuredClone(json) as Record<string | number, unknown>;
  copy[key] = withValueAt(copy[key], rest, value);
  return copy;
}
