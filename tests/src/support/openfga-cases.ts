import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The public cases of OpenFGA (`assets/tests` of its repository): models, tuples, and what every question must answer. */

export interface FgaTuple {
  readonly object: string;
  readonly relation: string;
  readonly user: string;
  readonly condition?: { readonly name: string; readonly context?: Readonly<Record<string, unknown>> };
}

interface Assertion {
  /** Of OpenFGA's wire protocol; absent where there is an answer. */
  readonly errorCode?: number;
  readonly contextualTuples?: readonly FgaTuple[];
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface CheckAssertion extends Assertion {
  readonly tuple: FgaTuple;
  readonly expectation?: boolean;
}

export interface ListObjectsAssertion extends Assertion {
  readonly request: { readonly user: string; readonly type: string; readonly relation: string };
  readonly expectation?: readonly string[] | null;
}

export interface ListUsersAssertion extends Assertion {
  readonly request: { readonly filters: readonly string[]; readonly object: string; readonly relation: string };
  readonly expectation?: readonly string[] | null;
}

export interface FgaStage {
  /** In the modelling language. */
  readonly model: string;
  readonly tuples: readonly FgaTuple[];
  readonly checkAssertions: readonly CheckAssertion[];
  readonly listObjectsAssertions: readonly ListObjectsAssertion[];
  readonly listUsersAssertions: readonly ListUsersAssertion[];
}

/** Stages build on each other in one store: a later one has another model and more tuples. */
export interface FgaCase {
  readonly name: string;
  readonly stages: readonly FgaStage[];
}

/**
 * Models that take away what depends on itself: they have no answer that does not depend on the order of questions, and are
 * refused when they are written (docs/decisions/0013). Nothing else of the cases is left out.
 */
const REFUSED = new Set([
  'true_butnot_cycle_return_false',
  'false_butnot_cycle_return_false',
  'list_objects_expands_wildcard_tuple, stage 3',
]);

export function isRefused({ name, stages }: FgaCase, stage: number): boolean {
  return REFUSED.has(stages.length > 1 ? `${name}, stage ${stage + 1}` : name);
}

/**
 * OpenFGA fails to list users where any condition on the way cannot be evaluated. Here a list fails exactly where the check
 * of somebody on it would: in this case the only user is decided by one of two tuples, and the list is whole.
 */
export function listedNevertheless(name: string, assertion: ListUsersAssertion): readonly string[] | undefined {
  if (name !== 'relation_through_ttu_with_condition' || assertion.request.filters[0] !== 'user') return undefined;
  const { s, x } = assertion.context ?? {};
  return s === 'hello' || x === 10 ? ['user:jon'] : undefined;
}

const FOLDER = new URL('../../../../shared/cases/authz/openfga/', import.meta.url);
const FILES = ['consolidated_1_1_tests.yaml', 'abac_tests.yaml'];

/** Why the cases cannot run here; false where they can. */
export const casesAbsent: string | false = existsSync(fileURLToPath(FOLDER))
  ? false
  : 'the cases of OpenFGA (../shared/cases/authz/openfga) are not here';

export function readFgaCases(): readonly FgaCase[] {
  return FILES.flatMap((file) => {
    const { tests } = parse(readFileSync(new URL(file, FOLDER), 'utf8'), { maxAliasCount: -1 }) as { tests: RawCase[] };
    return tests.map(({ name, stages }) => ({
      name,
      stages: stages.map((stage) => ({
        model: stage.model,
        tuples: stage.tuples ?? [],
        checkAssertions: stage.checkAssertions ?? [],
        listObjectsAssertions: stage.listObjectsAssertions ?? [],
        listUsersAssertions: stage.listUsersAssertions ?? [],
      })),
    }));
  });
}

/** A stage as the files have it: what is empty is left out. */
type RawCase = { readonly name: string; readonly stages: readonly (Partial<FgaStage> & Pick<FgaStage, 'model'>)[] };

/** The words of the wire for the numbers of the cases. */
export const FGA_ERROR_WORDS: Readonly<Record<number, string>> = {
  2000: 'validation_error',
  2002: 'authorization_model_resolution_too_complex',
  2021: 'type_not_found',
  2022: 'relation_not_found',
  2027: 'invalid_tuple',
};
