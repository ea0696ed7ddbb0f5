import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Answer } from '../support/http.js';
import {
  casesAbsent,
  type FgaCase,
  type FgaStage,
  type FgaTuple,
  isRefused,
  listedNevertheless,
  readFgaCases,
} from '../support/openfga-cases.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

/**
 * The same assertions as in `openfga-cases.test.ts` by our own API: with the tuples stored, and brought along by each question.
 * Ours has no depth limit unless a question names one, so where OpenFGA gives up, we answer.
 */

let org: OrgWorld;

before(async () => {
  if (!casesAbsent) org = await createOrgWorld('relations-cases');
});

/** Our words for the numbers of the cases; one number of theirs stands for several of ours. */
const CODES: Readonly<Record<number, readonly string[]>> = {
  2000: ['validation_error', 'type_not_found', 'relation_not_found', 'condition_failed'],
  2002: ['over_budget'],
  2021: ['type_not_found'],
  2022: ['relation_not_found'],
  2027: ['invalid_tuple'],
};
const TOO_DEEP = 2002;

const ours = ({ object, relation, user, condition }: FgaTuple) => ({
  ...{ object, relation, subject: user },
  ...(condition && { condition }),
});

async function ask(path: string, json: object): Promise<Answer> {
  return org.http.send('POST', `${org.api}/relations/${path}`, { apiKey: org.apiKey, json });
}

async function answered<T>(path: string, json: object): Promise<T> {
  return (await ask(path, json)).expect(200).json<T>();
}

/** The question is refused with a word for this number, and says where. */
async function refused(path: string, json: object, code: number, what: string): Promise<void> {
  const limited = code === TOO_DEEP ? { ...json, max_depth: 24 } : json;
  const answer = await ask(path, limited);
  assert.equal(answer.status, 400, `${what}: ${answer.text}`);
  const problem = answer.json<{ code: string; message: string }>();
  assert.ok(CODES[code]?.includes(problem.code), `${what}: ${answer.text}`);
  if (code === TOO_DEEP) (await ask(path, json)).expect(200);
}

async function runStage(name: string, stage: FgaStage, where: object, brought: readonly FgaTuple[]): Promise<void> {
  const along = (own: readonly FgaTuple[] = [], context?: object) => {
    const tuples = [...own, ...brought].map(ours);
    return { ...where, ...(tuples.length > 0 && { contextual_tuples: tuples }), ...(context && { context }) };
  };
  const batch: { readonly check: object; readonly expected: boolean | number }[] = [];

  for (const { tuple, context, contextualTuples, expectation = false, errorCode } of stage.checkAssertions) {
    const { contextual_tuples, ...rest } = along(contextualTuples, context) as Record<string, unknown>;
    const check = {
      ...ours(tuple),
      ...(context && { context }),
      ...(contextual_tuples !== undefined && { contextual_tuples }),
    };
    const question = { ...rest, ...check };
    const what = `check ${JSON.stringify({ tuple, contextualTuples, context })}`;
    if (errorCode) await refused('check', question, errorCode, what);
    else assert.equal((await answered<{ allowed: boolean }>('check', question)).allowed, expectation, what);
    if (errorCode !== TOO_DEEP) batch.push({ check, expected: errorCode ?? expectation });
    if (!errorCode) await explained(question, expectation, what);
  }
  await runBatch(batch, where);

  for (const { request, context, contextualTuples, expectation, errorCode } of stage.listObjectsAssertions) {
    const { user, type, relation } = request;
    const question = { ...{ type, relation, subject: user }, ...along(contextualTuples, context) };
    const what = `list-objects ${JSON.stringify({ request, contextualTuples, context })}`;
    if (errorCode) await refused('list-objects', question, errorCode, what);
    else assert.deepEqual(await listed('list-objects', question, 'objects'), [...(expectation ?? [])].sort(), what);
  }

  for (const assertion of stage.listUsersAssertions) {
    const { request, context, contextualTuples, expectation, errorCode } = assertion;
    const { filters: types, object, relation } = request;
    const question = { ...{ object, relation, types }, ...along(contextualTuples, context) };
    const what = `list-subjects ${JSON.stringify({ request, contextualTuples, context })}`;
    const nevertheless = listedNevertheless(name, assertion);
    if (errorCode && !nevertheless) await refused('list-subjects', question, errorCode, what);
    else {
      const expected = errorCode ? nevertheless : [...(expectation ?? [])].sort();
      assert.deepEqual(await listed('list-subjects', question, 'subjects'), expected, what);
    }
  }
}

/** Page by page, two at a time: the pages are of one state and hold everything once. */
async function listed(path: string, question: object, member: 'objects' | 'subjects'): Promise<readonly string[]> {
  const all: string[] = [];
  for (let cursor: string | undefined; ; ) {
    type Page = { objects?: string[]; subjects?: string[]; cursor?: string };
    const page = await answered<Page>(path, { ...question, limit: 2, ...(cursor && { cursor }) });
    const items = page[member] ?? [];
    assert.ok(items.length <= 2);
    all.push(...items);
    if (page.cursor === undefined) break;
    cursor = page.cursor;
  }
  assert.deepEqual(all, [...new Set(all)], 'nothing comes twice');
  return all.sort();
}

/** The reasons agree with the answer. */
async function explained(question: object, expectation: boolean, what: string): Promise<void> {
  const { allowed, explanation } = await answered<{ allowed: boolean; explanation: { allowed: boolean } }>(
    'explain',
    question,
  );
  assert.deepEqual([allowed, explanation.allowed], [expectation, expectation], `explain ${what}`);
}

async function runBatch(batch: readonly { check: object; expected: boolean | number }[], where: object): Promise<void> {
  if (batch.length === 0) return;
  type Result = { id: number; allowed?: boolean; error?: { code: string } };
  const { results } = await answered<{ results: readonly Result[] }>('checks', {
    ...where,
    checks: batch.map(({ check }, id) => ({ id, ...check })),
  });
  for (const [index, { check, expected }] of batch.entries()) {
    const result = results[index];
    const what = `batch ${JSON.stringify(check)}: ${JSON.stringify(result)}`;
    assert.equal(result?.id, index, what);
    if (typeof expected === 'boolean') assert.equal(result?.allowed, expected, what);
    else assert.ok(CODES[expected]?.includes(result?.error?.code ?? ''), what);
  }
}

async function newStore(name: string): Promise<string> {
  const answer = await org.call('POST', '/relations/stores', { name: name.slice(0, 60) }, 201);
  return answer.json<{ id: string }>().id;
}

/** Writes a model; undefined where it is one of those that are refused, which it then must be. */
async function writeModel(store: string, whole: FgaCase, stage: number): Promise<string | undefined> {
  const dsl = whole.stages[stage]?.model;
  const isSound = !isRefused(whole, stage);
  const answer = await org.call('POST', '/relations/models', { dsl, store }, isSound ? 201 : 400);
  if (isSound) return answer.json<{ id: string }>().id;
  assert.equal(answer.json<{ code: string }>().code, 'invalid_model');
  return undefined;
}

describe('OpenFGA cases, by the relations API', { skip: casesAbsent, concurrency: 6 }, () => {
  for (const whole of casesAbsent ? [] : readFgaCases()) {
    const { name, stages } = whole;
    it(name, async () => {
      const store = await newStore(name);
      for (const [at, stage] of stages.entries()) {
        const model = await writeModel(store, whole, at);
        if (model === undefined) continue;
        let token: string | undefined;
        if (stage.tuples.length > 0) {
          const written = { writes: stage.tuples.map(ours), store, model };
          ({ token } = await answered<{ token: string }>('tuples', written));
        }
        // Whoever answers knows at least what was written.
        const consistency = token === undefined ? 'fully_consistent' : { at_least_as_fresh: token };
        await runStage(name, stage, { store, model, consistency }, []);
      }
      await org.call('DELETE', `/relations/stores/${store}`);
    });

    const [only, ...more] = stages;
    if (!only || more.length > 0 || only.tuples.length === 0) continue;
    it(`${name}, with contextual tuples`, async () => {
      const store = await newStore(name);
      const model = await writeModel(store, whole, 0);
      if (model !== undefined) {
        await runStage(name, only, { store, model, consistency: 'fully_consistent' }, only.tuples);
      }
      await org.call('DELETE', `/relations/stores/${store}`);
    });
  }
});
