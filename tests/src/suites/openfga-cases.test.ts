import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CredentialsMethod, type FgaApiValidationError, OpenFgaClient, type User } from '@openfga/sdk';
import { transformer } from '@openfga/syntax-transformer';
import {
  casesAbsent,
  FGA_ERROR_WORDS,
  type FgaCase,
  type FgaStage,
  type FgaTuple,
  isRefused,
  type ListUsersAssertion,
  listedNevertheless,
  readFgaCases,
} from '../support/openfga-cases.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

/**
 * Every assertion of OpenFGA's own cases, by its own SDK: with the tuples stored, and, where a case has one stage only, with
 * the tuples brought along by each question (as OpenFGA runs them itself).
 */

const TUPLES_PER_WRITE = 100;
const MAX_CONTEXTUAL = 100;
/** Any state that other replicas have not heard of yet is not what the cases are about. */
const FRESH = { consistency: 'HIGHER_CONSISTENCY' as never };

let org: OrgWorld;

before(async () => {
  if (!casesAbsent) org = await createOrgWorld('openfga-cases');
});

async function newStore(name: string): Promise<OpenFgaClient> {
  const options = {
    apiUrl: `${org.http.baseUrl}/orgs/${org.slug}/openfga`,
    credentials: { method: CredentialsMethod.ApiToken, config: { token: org.apiKey } } as never,
    retryParams: { maxRetry: 0 },
  };
  const { id } = await new OpenFgaClient(options).createStore({ name: name.slice(0, 60) });
  return new OpenFgaClient({ ...options, storeId: id });
}

async function writeTuples(
  fga: OpenFgaClient,
  tuples: readonly FgaTuple[],
  authorizationModelId: string,
): Promise<void> {
  for (let at = 0; at < tuples.length; at += TUPLES_PER_WRITE) {
    await fga.write({ writes: tuples.slice(at, at + TUPLES_PER_WRITE) as never }, { authorizationModelId });
  }
}

async function refusedWith(code: number, call: () => Promise<unknown>, what: string): Promise<void> {
  await assert.rejects(call, (error: FgaApiValidationError) => {
    assert.equal(error.apiErrorCode, FGA_ERROR_WORDS[code], `${what}: ${error.apiErrorMessage}`);
    return true;
  });
}

function userText({ object, userset, wildcard }: User): string {
  if (object) return `${object.type}:${object.id}`;
  return userset ? `${userset.type}:${userset.id}#${userset.relation}` : `${wildcard?.type}:*`;
}

function filterOf(text: string | undefined): { type: string; relation?: string } {
  const [type = '', relation] = (text ?? '').split('#');
  return { type, ...(relation !== undefined && { relation }) };
}

/** Runs a stage; `brought` are tuples that every question brings along. */
async function runStage(
  fga: OpenFgaClient,
  stage: FgaStage,
  brought: readonly FgaTuple[],
  name: string,
  options: object,
): Promise<void> {
  const along = (own: readonly FgaTuple[] = []) => [...own, ...brought] as never[];

  for (const assertion of stage.checkAssertions) {
    const { tuple, context, expectation = false, errorCode } = assertion;
    const what = `check ${JSON.stringify(assertion)}`;
    const { user, relation, object } = tuple;
    const question = { user, relation, object, contextualTuples: along(assertion.contextualTuples), context };
    if (errorCode) await refusedWith(errorCode, () => fga.check(question as never, options), what);
    else assert.equal((await fga.check(question as never, options)).allowed, expectation, what);
  }
  await runBatch(fga, stage, along, options);

  for (const assertion of stage.listObjectsAssertions) {
    const { request, context, errorCode } = assertion;
    const expectation = [...(assertion.expectation ?? [])].sort();
    const what = `list-objects ${JSON.stringify(assertion)}`;
    const question = { ...request, contextualTuples: along(assertion.contextualTuples), context } as never;
    const streamed = async () => {
      const objects: string[] = [];
      for await (const { object } of fga.streamedListObjects(question, options)) objects.push(object);
      return objects.sort();
    };
    if (errorCode) {
      await refusedWith(errorCode, () => fga.listObjects(question, options), what);
      await assert.rejects(streamed, what);
    } else {
      assert.deepEqual([...(await fga.listObjects(question, options)).objects].sort(), expectation, what);
      assert.deepEqual(await streamed(), expectation, `streamed ${what}`);
    }
  }

  for (const assertion of stage.listUsersAssertions) await runListUsers(fga, assertion, name, along, options);
}

/** The same checks once more, in one request: what one of them is does not depend on its neighbours. */
async function runBatch(
  fga: OpenFgaClient,
  { checkAssertions }: FgaStage,
  along: (own?: readonly FgaTuple[]) => never[],
  options: object,
): Promise<void> {
  if (checkAssertions.length === 0) return;
  const { result } = await fga.batchCheck(
    {
      checks: checkAssertions.map(({ tuple: { user, relation, object }, context, contextualTuples }, index) => ({
        ...{ user, relation, object, context },
        contextualTuples: { tuple_keys: along(contextualTuples) },
        correlationId: String(index),
      })) as never,
    },
    options,
  );
  for (const [index, { errorCode, expectation = false, tuple }] of checkAssertions.entries()) {
    const answer = result.find(({ correlationId }) => correlationId === String(index));
    const what = `batch ${JSON.stringify(tuple)}`;
    if (errorCode) assert.equal(answer?.error?.input_error, FGA_ERROR_WORDS[errorCode], what);
    else assert.deepEqual([answer?.allowed, answer?.error], [expectation, undefined], what);
  }
}

async function runListUsers(
  fga: OpenFgaClient,
  assertion: ListUsersAssertion,
  name: string,
  along: (own?: readonly FgaTuple[]) => never[],
  options: object,
): Promise<void> {
  const { request, context, errorCode } = assertion;
  const nevertheless = listedNevertheless(name, assertion);
  const what = `list-users ${JSON.stringify(assertion)}`;
  const [type = '', ...id] = request.object.split(':');
  const contextualTuples = along(assertion.contextualTuples);
  const question = {
    object: { type, id: id.join(':') },
    relation: request.relation,
    user_filters: [filterOf(request.filters[0])],
    contextualTuples,
    context,
  } as never;
  if (errorCode && !nevertheless) return refusedWith(errorCode, () => fga.listUsers(question, options), what);
  const { users } = await fga.listUsers(question, options);
  const listed = users.map(userText).sort();
  assert.deepEqual(listed, errorCode ? nevertheless : [...(assertion.expectation ?? [])].sort(), what);
  for (const user of listed) {
    const { object, relation } = request;
    const { allowed } = await fga.check({ user, relation, object, contextualTuples, context } as never, options);
    assert.equal(allowed, true, `${what}: ${user} is listed and checked`);
  }
}

/** Writes a model; undefined where it is one of those that are refused, which it then must be. */
async function writeModel(fga: OpenFgaClient, whole: FgaCase, stage: number): Promise<string | undefined> {
  const model = transformer.transformDSLToJSONObject(whole.stages[stage]?.model ?? '') as never;
  if (!isRefused(whole, stage)) return (await fga.writeAuthorizationModel(model)).authorization_model_id;
  await assert.rejects(
    fga.writeAuthorizationModel(model),
    (error: FgaApiValidationError) => error.apiErrorCode === 'invalid_authorization_model',
  );
  return undefined;
}

describe('OpenFGA cases, by the OpenFGA API', { skip: casesAbsent, concurrency: 6 }, () => {
  for (const whole of casesAbsent ? [] : readFgaCases()) {
    const { name, stages } = whole;
    it(name, async () => {
      const fga = await newStore(name);
      for (const [at, stage] of stages.entries()) {
        const id = await writeModel(fga, whole, at);
        if (id === undefined) continue;
        await writeTuples(fga, stage.tuples, id);
        await runStage(fga, stage, [], name, { ...FRESH, authorizationModelId: id });
      }
      await fga.deleteStore();
    });

    const [only, ...more] = stages;
    if (!only || more.length > 0 || only.tuples.length === 0 || only.tuples.length > MAX_CONTEXTUAL) continue;
    it(`${name}, with contextual tuples`, async () => {
      const fga = await newStore(name);
      const id = await writeModel(fga, whole, 0);
      if (id !== undefined) {
        await runStage(fga, only, only.tuples, name, { ...FRESH, authorizationModelId: id });
      }
      await fga.deleteStore();
    });
  }
});
