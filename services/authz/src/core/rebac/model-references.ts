import type { Userset } from './authorization-model.js';
import { leaves, type ModelIndex, restrictionText } from './model-index.js';
import type { ModelProblem, ModelProblemCode } from './model-problem.js';
import { shorten } from './model-problem.js';

/**
 * Everything that a relation names exists and may stand where it stands (authz-engine.md 3.1): computed relations are of
 * the same type; a tupleset is a purely direct relation to plain types, of which at least one has the computed relation;
 * restrictions name types, relations and conditions of the model, and stand exactly at relations that contain `this`.
 */
export function referenceProblems(index: ModelIndex): readonly ModelProblem[] {
  const problems: ModelProblem[] = [];
  for (const { type, relation, definition } of index.relations()) {
    const refuse = (code: ModelProblemCode, symbol: string, detail: string) =>
      problems.push({ type, relation, code, symbol, detail });
    const parts = leaves(definition);
    checkRestrictions(
      index,
      type,
      relation,
      parts.some(({ userset }) => userset.this !== undefined),
      refuse,
    );
    for (const { userset } of parts) checkReference(index, type, userset, refuse);
  }
  for (const { type, metadata } of index.model.type_definitions) {
    for (const relation of Object.keys(metadata?.relations ?? {})) {
      if (index.definition(type, relation) !== undefined) continue;
      const detail = 'the metadata name a relation that the type does not define';
      problems.push({ type, relation, code: 'missing-definition', symbol: relation, detail });
    }
  }
  return problems;
}

type Refuse = (code: ModelProblemCode, symbol: string, detail: string) => void;

function checkReference(index: ModelIndex, type: string, userset: Userset, refuse: Refuse): void {
  const computed = userset.computedUserset?.relation;
  if (computed !== undefined && index.definition(type, computed) === undefined) {
    refuse('missing-definition', computed, `the relation '${shorten(computed)}' does not exist`);
  }
  if (userset.tupleToUserset) {
    const { tupleset, computedUserset } = userset.tupleToUserset;
    checkParent(index, type, tupleset.relation, computedUserset.relation, refuse);
  }
}

/** `relation from tupleset`. */
function checkParent(index: ModelIndex, type: string, tupleset: string, relation: string, refuse: Refuse): void {
  const symbol = `${relation} from ${tupleset}`;
  const definition = index.definition(type, tupleset);
  if (definition === undefined) {
    refuse('invalid-relation-type', symbol, `'${shorten(tupleset)}' is no relation of '${shorten(type)}'`);
    return;
  }
  const parents = index.restrictions(type, tupleset);
  if (definition.this === undefined || parents.length === 0) {
    const detail = `'${shorten(tupleset)}' stands behind 'from' and must be a direct relation alone, as [type]`;
    refuse('tupleuserset-not-direct', tupleset, detail);
    return;
  }
  for (const parent of parents.filter(({ wildcard, relation: of }) => wildcard !== undefined || of !== undefined)) {
    const detail = `'${shorten(tupleset)}' stands behind 'from' and must hold plain types, not ${restrictionText(parent)}`;
    refuse('tupleuserset-not-direct', tupleset, detail);
  }
  const plain = parents.filter(({ wildcard, relation: of }) => wildcard === undefined && of === undefined);
  if (plain.length < parents.length || plain.some((parent) => index.definition(parent.type, relation))) return;
  for (const parent of plain) {
    const detail = `'${shorten(relation)}' does not exist on '${shorten(parent.type)}', the type of '${shorten(tupleset)}'`;
    refuse('invalid-relation-on-tupleset', symbol, detail);
  }
}

function checkRestrictions(index: ModelIndex, type: string, relation: string, direct: boolean, refuse: Refuse): void {
  const restrictions = index.restrictions(type, relation);
  if (direct && restrictions.length === 0) {
    refuse(
      'assignable-relation-must-have-type',
      relation,
      'a direct relation names the types that it accepts, as [user]',
    );
  }
  if (!direct && restrictions.length > 0) {
    refuse(
      'restrictions-without-direct',
      relation,
      "type restrictions have no effect without 'this' in the definition",
    );
  }
  for (const restriction of restrictions) {
    const { type: of, relation: userset, wildcard, condition } = restriction;
    if (!index.hasType(of)) {
      refuse('invalid-type', of, `'${shorten(of)}' is no type of the model`);
    } else if (userset !== undefined && wildcard === undefined && index.definition(of, userset) === undefined) {
      const detail = `'${shorten(userset)}' is no relation of '${shorten(of)}'`;
      refuse('invalid-relation-type', `${of}#${userset}`, detail);
    }
    if (userset !== undefined && wildcard !== undefined) {
      const detail = `'${shorten(of)}' cannot be both a wildcard and a userset in one restriction`;
      refuse('type-wildcard-relation', of, detail);
    }
    if (condition !== undefined && !Object.hasOwn(index.model.conditions ?? {}, condition)) {
      refuse('condition-not-defined', condition, `'${shorten(condition)}' is no condition of the model`);
    }
  }
}
