/**
 * Why a model is refused, and where. `code` is the word of the OpenFGA language tools where they have one, so that editors
 * and scripts made for them understand ours.
 */
export interface ModelProblem {
  readonly code: ModelProblemCode;
  /** What is wrong and, where it is not obvious, what to do: a sentence without the place. */
  readonly detail: string;
  readonly type?: string;
  readonly relation?: string;
  readonly condition?: string;
  /** The word of the definition that is wrong. */
  readonly symbol?: string;
  /** Of a modular model. */
  readonly file?: string;
  /** Counted from 1, as editors do. Present where the model came as text. */
  readonly line?: number;
  readonly column?: number;
}

export type ModelProblemCode =
  | 'invalid-syntax'
  | 'invalid-model'
  | 'too-large'
  | 'schema-version-required'
  | 'invalid-schema'
  | 'invalid-name'
  | 'reserved-type-keywords'
  | 'reserved-relation-keywords'
  | 'duplicated-error'
  | 'missing-definition'
  | 'invalid-type'
  | 'invalid-relation-type'
  | 'invalid-relation-on-tupleset'
  | 'tupleuserset-not-direct'
  | 'assignable-relation-must-have-type'
  | 'type-wildcard-relation'
  | 'restrictions-without-direct'
  /** Nobody can ever have it, or it is defined by itself through computed relations alone. */
  | 'relation-no-entry-point'
  /** A relation that depends on itself through the subtracted side of an exclusion. */
  | 'undecidable'
  | 'condition-not-defined'
  | 'condition-not-used'
  | 'different-nested-condition-name'
  | 'invalid-condition'
  | 'multiple-modules-in-file'
  | 'invalid-module'
  | 'not-expressible';

/** `core.fga, type document, relation viewer, line 12: …` */
export function problemText(problem: ModelProblem): string {
  const { file, type, relation, condition, line, column, detail } = problem;
  const place = [
    file,
    type === undefined ? undefined : `type ${shorten(type)}`,
    relation === undefined ? undefined : `relation ${shorten(relation)}`,
    condition === undefined ? undefined : `condition ${shorten(condition)}`,
    line === undefined ? undefined : `line ${line}`,
    column === undefined ? undefined : `column ${column}`,
  ].filter((part) => part !== undefined);
  return place.length === 0 ? detail : `${place.join(', ')}: ${detail}`;
}

/** Names come from outside and may be as long as a whole model. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
