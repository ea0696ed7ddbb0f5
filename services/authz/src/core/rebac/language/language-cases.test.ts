import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { checkTuple } from '../check-tuple.js';
import { compileModel } from '../compile-model.js';
import { canonicalJson } from '../json-value.js';
import type { ModelProblem } from '../model-problem.js';
import { readModel } from '../read-model.js';
import { parseObject } from '../tuple-syntax.js';
import { validateModel } from '../validate-model.js';
import { lintDsl, modelFromDsl, modelToDsl } from './dsl.js';
import { lintModel } from './lint-model.js';
import { modelFromModules, modulesOf } from './modules.js';
import { parseDsl } from './parse-dsl.js';
import { readManifest } from './read-manifest.js';

/**
 * The cases of github.com/openfga/language. Messages are ours, except those of the parser; code, line and column are theirs.
 * Every case is run; those named here end otherwise on purpose, and a named case that ends as expected is a failure.
 */
const DIFFERENT: Readonly<Record<string, string>> = {
  'meaning: duplicate difference relationship import in parent relationship definition':
    '`viewer from parent but not viewer from parent` is refused as undecidable, before it is found to be a duplicate',
  'meaning: union does not require all child to have entry':
    'computed relations that define each other are refused, as the server does',
  'meaning: union does not require all child to have entry even for intersection child':
    'as above; upstream skips these cases',
  'meaning: union does not require all child to have entry even for exclusion child':
    'as above; upstream skips these cases',
  "ids: invalid: comma (regression - '-' must stay a literal, not a range)":
    'ids may hold anything but `:`, `#`, whitespace and control characters, as on the server',
};

const FOLDER = fileURLToPath(new URL('../../../../../../../shared/cases/authz/openfga-language/', import.meta.url));
const absent = existsSync(FOLDER) ? false : 'the OpenFGA language cases (../shared/cases/authz) are not here';

interface Expected {
  readonly msg: string;
  readonly file?: string;
  readonly line?: { readonly start: number };
  readonly column?: { readonly start: number };
  readonly metadata?: { readonly errorType?: string; readonly symbol?: string };
}

interface Case {
  readonly name: string;
  readonly expected_errors?: readonly Expected[] | null;
}

const text = (path: string) => readFileSync(FOLDER + path, 'utf8');
const cases = <T extends Case>(path: string) => parseYaml(text(path)) as readonly T[];

const met = new Set<string>();

/** Runs a case; one that is named above must fail. */
function run(section: string, name: string, check: () => void): void {
  const reason = DIFFERENT[`${section}: ${name}`];
  met.add(`${section}: ${name}`);
  it(reason === undefined ? name : `${name}: different, ${reason}`, () => {
    if (reason === undefined) check();
    else assert.throws(check, assert.AssertionError, 'this case ends as expected: take it off the list');
  });
}

const place = ({ line, column }: ModelProblem) => `${(line ?? 0) - 1}:${(column ?? 0) - 1}`;
const expectedPlace = ({ line, column }: Expected) => `${line?.start}:${column?.start}`;

describe('OpenFGA language cases', { skip: absent }, () => {
  if (absent) return;

  describe('syntax of the DSL', () => {
    for (const { name, dsl, expected_errors } of cases<Case & { readonly dsl: string }>(
      'dsl-syntax-validation-cases.yaml',
    )) {
      run('syntax', name, () => {
        const parsed = parseDsl(dsl);
        const found = (parsed.ok ? [] : parsed.error).map((problem) => `${place(problem)} ${problem.detail}`);
        const expected = (expected_errors ?? []).map((error) => `${expectedPlace(error)} ${error.msg}`);
        assert.deepEqual(found.sort(), expected.sort());
      });
    }
  });

  describe('meaning of the DSL', () => {
    for (const { name, dsl, expected_errors } of cases<Case & { readonly dsl: string }>(
      'dsl-semantic-validation-cases.yaml',
    )) {
      run('meaning', name, () => {
        const model = modelFromDsl(dsl);
        const refused = model.ok ? [] : model.error;
        // The language tools look for duplicates and unused conditions where nothing else is wrong.
        const linted = refused.every(({ code }) => code === 'duplicated-error') ? lintDsl(dsl) : [];
        const found = [...refused, ...linted].map((problem) => `${place(problem)} ${problem.code}`);
        const expected = (expected_errors ?? []).map((error) => `${expectedPlace(error)} ${error.metadata?.errorType}`);
        assert.deepEqual(found.sort(), expected.sort());
      });
    }
  });

  describe('models as JSON', () => {
    for (const { name, json, expected_errors } of cases<Case & { readonly json: string }>(
      'json-validation-cases.yaml',
    )) {
      run('json', name, () => {
        const model = validateModel(JSON.parse(json));
        const found = model.ok ? lintModel(model.value) : model.error;
        const expected = (expected_errors ?? []).map(({ metadata }) => `${metadata?.symbol} ${metadata?.errorType}`);
        assert.deepEqual(found.map(({ symbol, code }) => `${symbol} ${code}`).sort(), expected.sort());
      });
    }
  });

  describe('JSON that the DSL can and cannot say', () => {
    interface JsonCase extends Case {
      readonly json: string;
      readonly valid?: boolean;
      readonly error_message?: string;
    }
    for (const { name, json, valid, error_message } of cases<JsonCase>(
      'json-syntax-transformer-validation-cases.yaml',
    )) {
      run('json to dsl', name, () => {
        const model = readModel(JSON.parse(json));
        assert.ok(model.ok);
        const dsl = modelToDsl(model.value);
        assert.equal(dsl.ok, valid ?? true);
        if (dsl.ok) return;
        assert.equal(dsl.error.code, 'not-expressible');
        assert.match(error_message ?? '', new RegExp(`'${dsl.error.relation}' relation.*'${dsl.error.type}' type`));
      });
    }
  });

  describe('DSL to JSON and back', () => {
    for (const name of readdirSync(`${FOLDER}transformer`)) {
      const dsl = text(`transformer/${name}/authorization-model.fga`);
      const json: unknown = JSON.parse(text(`transformer/${name}/authorization-model.json`));
      run('transformer', name, () => {
        const parsed = parseDsl(dsl);
        assert.ok(parsed.ok);
        const [read, expected] = [readModel(parsed.value.json), readModel(json)];
        assert.ok(read.ok && expected.ok);
        assert.equal(canonicalJson(read.value), canonicalJson(expected.value));
        const written = modelToDsl(expected.value);
        assert.equal(written.ok ? written.value : written.error.detail, dsl);
      });
    }
  });

  describe('modules', () => {
    for (const name of readdirSync(`${FOLDER}transformer-module`)) {
      const folder = `transformer-module/${name}/`;
      const given = (file: string) => (existsSync(FOLDER + folder + file) ? text(folder + file) : undefined);
      const names = existsSync(`${FOLDER}${folder}module`) ? readdirSync(`${FOLDER}${folder}module`).sort() : [];
      const files = new Map(names.map((file) => [file, text(`${folder}module/${file}`)]));
      const manifest = `schema: '1.2'\ncontents:\n${names.map((file) => `  - ${file}\n`).join('')}`;
      const [json, errors, modules] = ['authorization-model.json', 'expected_errors.json', 'expected_modules.json'].map(
        (file) => (given(file) === undefined ? undefined : (JSON.parse(given(file) ?? '') as unknown)),
      );
      if (names.length > 0) {
        run('modules', `${name}: files to one model`, () => {
          const model = modelFromModules(manifest, files);
          // Modules that use conditions of other files are linted as one model.
          const found = model.ok ? [] : model.error;
          const linted = errors === undefined ? [] : lintedModules(found, files);
          const places = [...found, ...linted].map((problem) => `${problem.file} ${place(problem)}`);
          const expected = ((errors ?? []) as readonly Expected[]).map(
            (error) => `${error.file} ${expectedPlace(error)}`,
          );
          assert.deepEqual(places.sort(), expected.sort());
          if (json === undefined || !model.ok) return;
          const read = readModel(json);
          assert.ok(read.ok);
          const byType = (it: typeof read.value) =>
            canonicalJson({
              ...it,
              type_definitions: it.type_definitions.toSorted((a, b) => (a.type < b.type ? -1 : 1)),
            });
          assert.equal(byType(model.value), byType(read.value));
        });
      }
      if (json === undefined) continue;
      run('modules', `${name}: one model to the DSL, with and without the origins`, () => {
        const model = readModel(json);
        assert.ok(model.ok);
        if (modules !== undefined) assert.deepEqual(modulesOf(model.value), modules);
        for (const [file, origins] of [['combined.fga', false] as const, ['combined-sourceinfo.fga', true] as const]) {
          const expected = given(file);
          if (expected === undefined) continue;
          const dsl = modelToDsl(model.value, { origins });
          assert.equal(dsl.ok ? dsl.value : dsl.error.detail, expected);
        }
      });
    }
  });

  describe('fga.mod', () => {
    interface ManifestCase extends Case {
      readonly modFile: string;
      readonly json?: string;
    }
    for (const { name, modFile, json, expected_errors } of cases<ManifestCase>('fga-mod-transformer-cases.yaml')) {
      run('fga.mod', name, () => {
        const manifest = readManifest(modFile);
        const found = (manifest.ok ? [] : manifest.error).map((problem) => `${place(problem)} ${problem.detail}`);
        const expected = (expected_errors ?? []).map((error) => `${expectedPlace(error)} ${error.msg}`);
        assert.deepEqual(found, expected);
        if (json === undefined) return;
        assert.ok(manifest.ok);
        const listed = JSON.parse(json) as {
          readonly contents: { readonly value: readonly { readonly value: string }[] };
        };
        assert.deepEqual(
          manifest.value.contents,
          listed.contents.value.map(({ value }) => value),
        );
      });
    }
  });

  describe('ids of objects', () => {
    interface IdCase extends Case {
      readonly object_id: string;
      readonly valid: boolean;
    }
    for (const { name, object_id, valid } of cases<IdCase>('object-id-validation-cases.yaml')) {
      run('ids', name, () => assert.equal(parseObject(`document:${object_id}`).ok, valid));
    }
  });

  describe('store files: the model and its tuples', () => {
    for (const name of ['00-valid-model', '01-valid-model-file']) {
      run('stores', name, () => {
        const store = parseYaml(text(`stores/${name}/store.fga.yaml`)) as {
          readonly model?: string;
          readonly tuples: readonly { readonly user: string; readonly relation: string; readonly object: string }[];
        };
        const model = modelFromDsl(store.model ?? text(`stores/${name}/model.fga`));
        assert.ok(model.ok);
        const compiled = compileModel(model.value);
        for (const { user: subject, relation, object } of store.tuples) {
          assert.deepEqual(checkTuple(compiled, { subject, relation, object }), { ok: true, value: undefined });
        }
      });
    }
  });

  it('has a case for everything that is listed as different', () => {
    assert.deepEqual(
      Object.keys(DIFFERENT).filter((name) => !met.has(name)),
      [],
    );
  });
});

/** Upstream reports unused conditions of a modular model even where other things are wrong. */
function lintedModules(found: readonly ModelProblem[], files: ReadonlyMap<string, string>): readonly ModelProblem[] {
  if (found.some(({ code }) => code === 'invalid-syntax' || code === 'duplicated-error')) return [];
  return [...files].flatMap(([file, contents]) => lintModules(contents).map((problem) => ({ ...problem, file })));
}

function lintModules(contents: string): readonly ModelProblem[] {
  const parsed = parseDsl(contents);
  const model = parsed.ok ? readModel({ ...parsed.value.json, schema_version: '1.2' }) : parsed;
  if (!parsed.ok || !model.ok) return [];
  return lintModel(model.value)
    .filter(({ code }) => code === 'condition-not-used')
    .map((problem) => parsed.value.places.locate(problem));
}
