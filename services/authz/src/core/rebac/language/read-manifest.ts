import { err, ok, type Result } from '@lumo/kit';
import { errors, transformer } from '@openfga/syntax-transformer';
import type { ModelProblem } from '../model-problem.js';

export interface Manifest {
  readonly schema: string;
  readonly contents: readonly string[];
}

const LIMITS = { characters: 16 * 1024, files: 100 } as const;

/**
 * `fga.mod`: the schema version and the files of a modular model. Paths are relative to it and go down only; paths that
 * say the same in another way (`..`, `\`, percent-encoding, an empty part) are refused, because another tool may read them
 * differently.
 */
export function readManifest(text: string): Result<Manifest, readonly ModelProblem[]> {
  const refuse = (detail: string): Result<never, readonly ModelProblem[]> =>
    err([{ code: 'invalid-module', file: 'fga.mod', detail }]);
  if (typeof text !== 'string') return refuse('fga.mod is a text');
  if (text.length > LIMITS.characters) return refuse(`it has more than ${LIMITS.characters} characters`);
  let file: ReturnType<typeof transformer.transformModFileToJSON>;
  try {
    file = transformer.transformModFileToJSON(text);
  } catch (problem) {
    if (!(problem instanceof errors.BaseMultiError)) return refuse('it is no YAML of schema and contents');
    return err(
      (problem.errors as readonly errors.FGAModFileValidationSingleError[]).map(({ msg, line, column }) => ({
        code: 'invalid-module' as const,
        file: 'fga.mod',
        detail: msg,
        line: (line?.start ?? 0) + 1,
        column: (column?.start ?? 0) + 1,
      })),
    );
  }
  const items = file.contents.value;
  if (items.length > LIMITS.files) return refuse(`it lists ${items.length} files, more than ${LIMITS.files}`);
  const lines = text.split('\n');
  const problems = items.flatMap(({ value, line, column }, index): readonly ModelProblem[] => {
    // The library decodes %2e, %2f and %5c: the original decides.
    const original = lines[line.start]?.slice(column.start) ?? '';
    const place = { code: 'invalid-module', file: 'fga.mod', line: line.start + 1, column: column.start + 1 } as const;
    if (!isPlainPath(value) || original.includes('%')) return [{ ...place, detail: `invalid contents item ${value}` }];
    const again = items.findIndex((item) => item.value === value) !== index;
    return again ? [{ ...place, detail: `contents item ${value} stands twice` }] : [];
  });
  return problems.length === 0
    ? ok({ schema: file.schema.value, contents: items.map(({ value }) => value) })
    : err(problems);
}

function isPlainPath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  return !/[%\\\0-\x1f]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
