import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Result } from '@lumo/kit';
import type { RelationFailure } from '../relation-failure.js';
import type { RelationTuple } from '../tuple.js';
import { createRelationEngine } from './create-relation-engine.js';
import { Reference } from './reference.fixture.js';
import {
  AMPLE,
  finish,
  modelOf,
  readSuite,
  type SuiteAssertion,
  type SuiteStage,
  suiteAbsent,
  tupleOf,
} from './suite.fixture.js';

/** Models that subtract what depends on itself: refused when written (docs/decisions/0013), so nothing can be asked of them. */
const REFUSED = new Set([
  'true_butnot_cycle_return_false',
  'false_butnot_cycle_return_false',
  'list_objects_expands_wildcard_tuple, stage 3',
]);

/**
 * OpenFGA fails to list users where any condition on the way cannot be evaluated. Here a list fails exactly where the
 * check of somebody on it would: in this case everyone is decided by the other tuple, so the list is whole.
 */
const DECIDED = new Map([['relation_through_ttu_with_condition', ['user:jon']]]);

for (const file of ['consolidated_1_1_tests', 'abac_tests']) {
  describe(`OpenFGA ${file}`, { skip: suiteAbsent }, () => {
    for (const { name, stages } of readSuite(file))
      for (const [at, stage] of stages.entries()) {
        const title = stages.length > 1 ? `${name}, stage ${at + 1}` : name;
        it(title, () => {
          const model = modelOf(stage.model);
          if (REFUSED.has(title)) return assert.equal(model, undefined);
          assert.ok(model);
          // Tuples stay from stage to stage; those that the next model does not allow are skipped.
          const stored = stages.slice(0, at + 1).flatMap(({ tuples }) => (tuples ?? []).map(tupleOf));
          new Stage(model, stage, stored, DECIDED.get(title)).run();
        });
      }
  });
}

class Stage {
  readonly #engine = createRelationEngine();

  constructor(
    private readonly model: NonNullable<ReturnType<typeof modelOf>>,
    private readonly stage: SuiteStage,
    private readonly stored: readonly RelationTuple[],
    private readonly decided: readonly string[] | undefined,
  ) {
    this.#engine.apply({ revision: 1, writes: stored, deletes: [] });
  }

  run(): void {
    for (const assertion of this.stage.checkAssertions ?? []) this.#check(assertion);
    for (const assertion of this.stage.listObjectsAssertions ?? []) this.#listObjects(assertion);
    for (const assertion of this.stage.listUsersAssertions ?? []) this.#listUsers(assertion);
  }

  #asking({ context, contextualTuples }: SuiteAssertion<unknown>) {
    return {
      model: this.model,
      budget: { ...AMPLE, depth: 24 },
      ...(context && { context }),
      ...(contextualTuples && { contextualTuples: contextualTuples.map(tupleOf) }),
    };
  }

  #check(assertion: NonNullable<SuiteStage['checkAssertions']>[number]): void {
    const { object, relation, user } = assertion.tuple;
    const question = { ...this.#asking(assertion), object, relation, subject: user };
    const label = `${object}#${relation}@${user}`;
    const answer = this.#engine.check(question);
    expect(answer, assertion, label);
    if (answer.ok) {
      assert.equal(answer.value, assertion.expectation, label);
      const explained = this.#engine.explain(question);
      assert.equal(explained.ok && explained.value.allowed, answer.value, `${label} explained`);
    }
    if (assertion.errorCode && assertion.errorCode !== 2000) return;
    const reference = this.#reference(assertion).check(object, relation, user);
    if (assertion.errorCode === undefined)
      assert.equal(reference === 2, assertion.expectation, `${label} by reference`);
  }

  #listObjects(assertion: NonNullable<SuiteStage['listObjectsAssertions']>[number]): void {
    const { type, relation, user } = assertion.request;
    const label = `${type}#${relation}@${user}`;
    const list = finish(
      this.#engine.listObjects({ ...this.#asking(assertion), type, relation, subject: user, limit: 1000 }),
    );
    expect(list, assertion, label);
    if (list.ok) assert.deepEqual(list.value.objects, [...(assertion.expectation ?? [])].sort(), label);
  }

  #listUsers(assertion: NonNullable<SuiteStage['listUsersAssertions']>[number]): void {
    const { object, relation, filters } = assertion.request;
    const label = `${object}#${relation}@${filters.join(' ')}`;
    const list = finish(
      this.#engine.listSubjects({
        ...this.#asking(assertion),
        object,
        relation,
        limit: 1000,
        filters: filters.map((filter) => {
          const [type = '', userset] = filter.split('#');
          return { type, ...(userset !== undefined && { relation: userset }) };
        }),
      }),
    );
    const isDecided = this.decided !== undefined && assertion.errorCode !== undefined && list.ok;
    if (!isDecided) expect(list, assertion, label);
    const expected = isDecided ? this.decided : [...(assertion.expectation ?? [])].sort();
    if (list.ok) assert.deepEqual(list.value.subjects, expected, label);
  }

  #reference({ context, contextualTuples }: SuiteAssertion<unknown>): Reference {
    const given = (contextualTuples ?? []).map(tupleOf);
    const keys = new Set(given.map((it) => `${it.object}#${it.relation}@${it.subject}`));
    const stored = this.stored.filter((it) => !keys.has(`${it.object}#${it.relation}@${it.subject}`));
    return new Reference(this.model, [...stored, ...given], context);
  }
}

function expect<T>(answer: Result<T, RelationFailure>, { errorCode }: SuiteAssertion<unknown>, label: string): void {
  if (errorCode === undefined) assert.ok(answer.ok, `${label}: ${JSON.stringify(answer)}`);
  else assert.ok(!answer.ok && codesOf(answer.error).includes(errorCode), `${label}: ${JSON.stringify(answer)}`);
}

/** Which of OpenFGA's codes a failure is: a check calls every unknown name a validation error. */
function codesOf(failure: RelationFailure): readonly number[] {
  switch (failure.reason) {
    case 'type_not_found':
      return [2000, 2021];
    case 'relation_not_found':
      return [2000, 2022];
    case 'malformed':
    case 'condition_failed':
      return [2000];
    case 'invalid_tuple':
      return [2027];
    case 'over_budget':
      return [2002];
  }
}
