import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import { modelFromDsl, modelToDsl } from '../../core/rebac/language/dsl.js';
import { modelFromModules } from '../../core/rebac/language/modules.js';
import { invalidModel } from './invalid-model.js';
import { malformed } from './tuple-request.js';

/** A model in one of the forms in which people write it. */
export type ModelSource =
  | { readonly json: unknown }
  | { readonly dsl: string }
  | { readonly modules: readonly { readonly name: string; readonly contents: string }[] };

/** The JSON of a model; what is no model of its form is refused with every problem and its line. */
export function readModelSource(source: ModelSource): unknown {
  if ('json' in source) return source.json;
  if ('dsl' in source) {
    const model = modelFromDsl(source.dsl);
    if (!model.ok) throw invalidModel(model.error);
    return model.value;
  }
  const files = new Map(source.modules.map(({ name, contents }) => [name, contents]));
  if (files.size < source.modules.length) throw malformed('modules', 'name a file twice');
  const manifest = files.get(MANIFEST) ?? manifestOf([...files.keys()]);
  files.delete(MANIFEST);
  const model = modelFromModules(manifest, files);
  if (!model.ok) throw invalidModel(model.error);
  return model.value;
}

const MANIFEST = 'fga.mod';

/** For files that came without one: all of them, in their order. */
function manifestOf(names: readonly string[]): string {
  return ["schema: '1.2'", 'contents:', ...names.map((name) => `  - ${JSON.stringify(name)}`), ''].join('\n');
}

/** The text of a model; undefined where the language has no words for it. */
export function modelText(model: AuthorizationModel): string | undefined {
  const text = modelToDsl(model);
  return text.ok ? text.value : undefined;
}
