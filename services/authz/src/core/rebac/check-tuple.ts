import { err, ok, type Result } from '@lumo/kit';
import {
  type CheckTuple,
  type CompiledModel,
  type CompiledRelation,
  type Restriction,
  tupleText,
} from './compiled-model.js';
import { TUPLE_LIMITS } from './model-limits.js';
import type { RelationFailure } from './relation-failure.js';
import type { RelationTuple } from './tuple.js';
import { parseObject, parseSubject, type SubjectRef } from './tuple-syntax.js';

/**
 * Whether a tuple may be written under a model. One restriction must have the subject's shape (type, wildcard, userset)
 * **and** the tuple's condition; a tuple without condition needs a restriction without. OpenFGA compares type and condition
 * alone where a condition is given, so that `user:*` passes where only `user with c` stands (authz-engine.md 3.1, hard case 7).
 * The same rule decides which stored tuples still count after the model has changed.
 */
export const checkTuple: CheckTuple = (model, tuple) => {
  const place = locate(model, tuple);
  if (!place.ok) return place;
  const { relation, subject } = place.value;
  const refuse = (detail: string): Result<void, RelationFailure> =>
    err({ reason: 'invalid_tuple', tuple: tupleText(tuple), detail });

  if (relation.restrictions.length === 0) {
    return refuse(
      `no tuples can be written for ${relation.type}#${relation.name}: its definition has no [types] of its own`,
    );
  }
  const shaped = relation.restrictions.filter((restriction) => hasShape(restriction, subject));
  if (shaped.length === 0) {
    const accepted = [...new Set(relation.restrictions.map(shapeText))].join(', ');
    return refuse(`${relation.type}#${relation.name} accepts ${accepted}, not ${shapeText(subject)}`);
  }
  if (subject.relation === tuple.relation && tuple.subject.startsWith(`${tuple.object}#`)) {
    return refuse('it says that whoever has the relation has the relation');
  }
  const wanted = tuple.condition?.name;
  if (!shaped.some(({ condition }) => condition === wanted)) {
    const conditions = shaped.map(({ condition }) => (condition === undefined ? 'no condition' : `'${condition}'`));
    const given = wanted === undefined ? 'none is given' : `not '${wanted}'`;
    return refuse(`${shapeText(subject)} may be written here with ${conditions.join(' or ')}, ${given}`);
  }
  if (tuple.condition === undefined) return ok(undefined);
  return checkCondition(model, tuple.condition, refuse);
};

interface TuplePlace {
  readonly relation: CompiledRelation;
  readonly subject: SubjectRef;
}

/** The relation and the subject that a tuple names, if it is one and the model has them. */
function locate(model: CompiledModel, tuple: RelationTuple): Result<TuplePlace, RelationFailure> {
  const object = parseObject(tuple.object);
  if (!object.ok) return malformed('object', object.error);
  const subject = parseSubject(tuple.subject);
  if (!subject.ok) return malformed('subject', subject.error);
  const found = findRelation(model, object.value.type, tuple.relation);
  if (!found.ok) return found;
  const { type, relation } = subject.value;
  if (relation !== undefined) {
    const userset = findRelation(model, type, relation);
    if (!userset.ok) return userset;
  } else if (!model.types.has(type)) {
    return err({ reason: 'type_not_found', type });
  }
  return ok({ relation: found.value, subject: subject.value });
}

/** The relation of a type, or which of both the model does not have. */
export function findRelation(
  model: CompiledModel,
  type: string,
  relation: string,
): Result<CompiledRelation, RelationFailure> {
  const found = model.types.get(type);
  if (found === undefined) return err({ reason: 'type_not_found', type });
  const compiled = found.relations.get(relation);
  return compiled === undefined ? err({ reason: 'relation_not_found', type, relation }) : ok(compiled);
}

function checkCondition(
  model: CompiledModel,
  { name, context }: NonNullable<RelationTuple['condition']>,
  refuse: (detail: string) => Result<void, RelationFailure>,
): Result<void, RelationFailure> {
  const condition = model.conditions.get(name);
  if (condition === undefined) return refuse(`the model has no condition '${name}'`);
  if (context === undefined) return ok(undefined);
  const bytes = Buffer.byteLength(JSON.stringify(context));
  if (bytes > TUPLE_LIMITS.contextBytes) {
    return refuse(`the context of condition '${name}' has ${bytes} bytes, more than ${TUPLE_LIMITS.contextBytes}`);
  }
  const checked = condition.checkContext(context);
  return checked.ok ? ok(undefined) : refuse(`condition '${name}': ${checked.error.detail}`);
}

function hasShape(restriction: Restriction, subject: SubjectRef): boolean {
  return (
    restriction.type === subject.type &&
    restriction.relation === subject.relation &&
    restriction.wildcard === (subject.id === '*')
  );
}

function shapeText(shape: Restriction | SubjectRef): string {
  const everybody = 'wildcard' in shape ? shape.wildcard : shape.id === '*';
  if (everybody) return `${shape.type}:*`;
  return shape.relation === undefined ? shape.type : `${shape.type}#${shape.relation}`;
}

function malformed(field: string, detail: string): Result<never, RelationFailure> {
  return err({ reason: 'malformed', field, detail });
}
