/** What a model may hold. Types and bytes are OpenFGA's limits; the others keep parsing and compiling short. */
export const MODEL_LIMITS = {
  types: 100,
  /** Of the model as canonical JSON, in UTF-8. */
  bytes: 256 * 1024,
  /** Operators inside each other in one relation. The DSL's parser takes quadratic time in this. */
  depth: 24,
  conditions: 200,
  /** Characters of one CEL expression. */
  expression: 4_096,
  /** Characters of all of them: parsing takes about 10 µs for each. */
  expressions: 32 * 1024,
  /** Characters of all regular expressions, with what `{n}` repeats: compiling takes up to 50 µs for each. */
  patterns: 5_000,
  parametersOfACondition: 64,
  /** Problems reported of one model: the rest is noise. */
  problems: 100,
} as const;

/** What a tuple may hold: OpenFGA's limits. */
export const TUPLE_LIMITS = {
  /** Characters of `type:id`. */
  object: 256,
  /** Characters of a subject, which may be a userset. */
  subject: 512,
  relation: 50,
  /** Of a condition's context as JSON, in UTF-8. */
  contextBytes: 32 * 1024,
} as const;
