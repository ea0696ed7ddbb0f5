import type { AuthorizationModel, Userset } from '../authorization-model.js';
import { leaves, ModelIndex, restrictionText } from '../model-index.js';
import { type ModelProblem, shorten } from '../model-problem.js';

/**
 * What the OpenFGA language tools object to although the model means something: the same operand or restriction twice, a
 * condition that nothing uses, two modules in one file. A server stores such models, and so do we; an editor tells.
 */
export function lintModel(model: AuthorizationModel): readonly ModelProblem[] {
  const index = new ModelIndex(model);
  const relations = [...index.relations()].flatMap(({ type, relation, definition }) => [
    ...twice(index.restrictions(type, relation).map(restrictionText)).map((symbol): ModelProblem => {
      const detail = `the type restriction '${shorten(symbol)}' stands twice`;
      return { type, relation, code: 'duplicated-error', symbol, detail };
    }),
    ...duplicateOperands(definition).map((symbol): ModelProblem => {
      const detail = `the operand '${shorten(symbol)}' stands twice`;
      return { type, relation, code: 'duplicated-error', symbol, detail };
    }),
  ]);
  return [...relations, ...unusedConditions(model), ...sharedFiles(model)];
}

function duplicateOperands({ union, intersection, difference }: Userset): readonly string[] {
  const operands = union?.child ?? intersection?.child ?? (difference ? [difference.base, difference.subtract] : []);
  const named = operands.flatMap((operand) => operandText(operand) ?? []);
  return [...twice(named), ...operands.flatMap(duplicateOperands)];
}

function operandText({ computedUserset, tupleToUserset }: Userset): string | undefined {
  if (tupleToUserset) return `${tupleToUserset.computedUserset.relation} from ${tupleToUserset.tupleset.relation}`;
  return computedUserset?.relation;
}

function unusedConditions(model: AuthorizationModel): readonly ModelProblem[] {
  const index = new ModelIndex(model);
  const used = new Set(
    [...index.relations()].flatMap(({ type, relation, definition }) =>
      leaves(definition).some(({ userset }) => userset.this)
        ? index.restrictions(type, relation).flatMap(({ condition }) => condition ?? [])
        : [],
    ),
  );
  return Object.entries(model.conditions ?? {})
    .filter(([condition]) => !used.has(condition))
    .map(([condition]): ModelProblem => {
      const detail = `'${shorten(condition)}' is not used in the model`;
      return { condition, code: 'condition-not-used', symbol: condition, detail };
    });
}

function sharedFiles(model: AuthorizationModel): readonly ModelProblem[] {
  const modules = new Map<string, Set<string>>();
  const add = (origin: { readonly module?: string; readonly source_info?: { readonly file: string } } | undefined) => {
    if (origin?.module === undefined || origin.source_info === undefined) return;
    const { file } = origin.source_info;
    modules.set(file, (modules.get(file) ?? new Set()).add(origin.module));
  };
  for (const { metadata } of model.type_definitions) {
    add(metadata);
    for (const relation of Object.values(metadata?.relations ?? {})) add(relation);
  }
  for (const { metadata } of Object.values(model.conditions ?? {})) add(metadata);
  return [...modules]
    .filter(([, names]) => names.size > 1)
    .map(([file, names]): ModelProblem => {
      const detail = `the file holds several modules: ${[...names].map(shorten).join(', ')}`;
      return { file, code: 'multiple-modules-in-file', symbol: file, detail };
    });
}

function twice(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text, at) => texts.indexOf(text) !== at))];
}
