import { existsSync, readFileSync } from 'node:fs';
import openfga from '@openfga/syntax-transformer';
import { parse } from 'yaml';
import { compileModel } from '../compile-model.js';
import type { CompiledModel } from '../compiled-model.js';
import type { Budget, Sliced } from '../relation-engine.js';
import type { ConditionContext, RelationTuple } from '../tuple.js';
import { validateModel } from '../validate-model.js';

/** The public test data of OpenFGA, in its own words. */
export interface SuiteCase {
  readonly name: string;
  readonly stages: readonly SuiteStage[];
}

export interface SuiteStage {
  readonly model: string;
  readonly tuples?: readonly SuiteTuple[];
  readonly checkAssertions?: readonly (SuiteAssertion<boolean> & { readonly tuple: SuiteTuple })[];
  readonly listObjectsAssertions?: readonly (SuiteAssertion<readonly string[]> & {
    readonly request: { readonly user: string; readonly type: string; readonly relation: string };
  })[];
  readonly listUsersAssertions?: readonly (SuiteAssertion<readonly string[]> & {
    readonly request: { readonly filters: readonly string[]; readonly object: string; readonly relation: string };
  })[];
}

export interface SuiteAssertion<T> {
  readonly expectation?: T | null;
  readonly errorCode?: number;
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly SuiteTuple[];
}

export interface SuiteTuple {
  readonly user: string;
  readonly relation: string;
  readonly object: string;
  readonly condition?: { readonly name: string; readonly context?: ConditionContext };
}

const FOLDER = new URL('../../../../../../../shared/cases/authz/openfga/', import.meta.url);

/** Why the cases cannot be run, or false. */
export const suiteAbsent = existsSync(FOLDER)
  ? false
  : 'the cases of OpenFGA (../shared/cases/authz/openfga) are not here';

export function readSuite(name: string): readonly SuiteCase[] {
  if (suiteAbsent) return [];
  return (parse(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8')) as { tests: readonly SuiteCase[] }).tests;
}

/** Undefined where the model is refused. */
export function modelOf(dsl: string): CompiledModel | undefined {
  const model = validateModel(openfga.transformer.transformDSLToJSONObject(dsl));
  return model.ok ? compileModel(model.value) : undefined;
}

export function tupleOf({ user, relation, object, condition }: SuiteTuple): RelationTuple {
  return { object, relation, subject: user, ...(condition && { condition }) };
}

/** What a sliced question comes to when nobody else has a turn. */
export function finish<T>(sliced: Sliced<T>): T {
  for (;;) {
    const step = sliced.next();
    if (step.done) return step.value;
  }
}

export const AMPLE: Budget = { nodes: 100_000, isOver: () => false, timeMs: 60_000 };
