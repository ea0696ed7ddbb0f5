import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { DOCUMENTS, key, type RelationsWorld, relationsOf, useModel } from '../support/relations-world.js';

let org: OrgWorld;
let relations: RelationsWorld;
let token = '';

before(async () => {
  org = await createOrgWorld('relations-stream');
  relations = relationsOf(org);
  await useModel(org, DOCUMENTS);
  token = await relations.write(...Array.from({ length: 10 }, (_, n) => `document:${n}#owner@user:anne`));
});

interface Line {
  readonly id?: string | number;
  readonly allowed?: boolean;
  readonly error?: { readonly code: string; readonly message: string; readonly details?: { readonly line: number } };
  readonly done?: boolean;
  readonly count?: number;
  readonly token?: string;
}

const NDJSON = { 'content-type': 'application/x-ndjson' };

/** Sends lines and reads lines. */
async function stream(
  lines: readonly string[],
  query = '',
  how: Send = { apiKey: org.apiKey },
): Promise<readonly Line[]> {
  const answer = await org.http.send('POST', `${relations.path}/checks${query}`, {
    ...how,
    body: lines.join('\n'),
    headers: NDJSON,
  });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/x-ndjson/);
  return answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const check = (n: number, id: string | number = n) => JSON.stringify({ id, ...key(`document:${n}#viewer@user:anne`) });

describe('Relations: a stream of checks', () => {
  it('of any length is answered line by line, in order', async () => {
    const count = 12_345;
    const lines = await stream(
      Array.from({ length: count }, (_, n) => check(n)),
      `?at_least_as_fresh=${encodeURIComponent(token)}`,
    );
    assert.equal(lines.length, count + 1);
    for (const [n, line] of lines.slice(0, -1).entries()) assert.deepEqual(line, { id: n, allowed: n < 10 });
    const last = lines.at(-1);
    assert.deepEqual([last?.done, last?.count, typeof last?.token], [true, count, 'string']);
  });

  it('larger than any other body may be', async () => {
    const padding = 'x'.repeat(900);
    const lines = await stream(
      Array.from({ length: 2000 }, (_, n) => check(n, `${n}-${padding}`.slice(0, 128))).concat(
        Array.from(
          { length: 1500 },
          () =>
            JSON.stringify({ ...key(`document:${padding}#viewer@user:anne`) }).slice(0, -1) +
            ',"context":{"a":"' +
            padding +
            '"}}',
        ),
      ),
    );
    assert.equal(lines.at(-1)?.count, 3500);
  });

  it('a line that is no question takes nothing from the others', async () => {
    const lines = await stream([
      check(1, 'first'),
      'not json',
      '',
      '{"id":"twice","object":"a:1","object":"a:2"}',
      JSON.stringify({ id: 'typo', ...key('report:1#viewer@user:anne') }),
      JSON.stringify({ id: 'incomplete', object: 'document:1' }),
      '[]',
      check(2, 'last'),
    ]);
    assert.deepEqual(
      lines.slice(0, -1).map(({ id, allowed, error }) => [id, allowed ?? error?.code]),
      [
        ['first', true],
        [undefined, 'invalid_request'],
        [undefined, 'invalid_request'],
        ['typo', 'type_not_found'],
        [undefined, 'validation_error'],
        [undefined, 'validation_error'],
        ['last', true],
      ],
    );
    assert.deepEqual(
      lines.flatMap(({ error }) => (error?.details?.line !== undefined ? [error.details.line] : [])),
      [2, 4, 6, 7],
    );
    assert.equal(lines.at(-1)?.count, 7);
  });

  it('an empty stream is answered, and one of empty lines', async () => {
    for (const lines of [[''], ['', '', '']]) {
      const [only, ...more] = await stream(lines);
      assert.deepEqual([only?.done, only?.count, more.length], [true, 0, 0]);
    }
  });

  it('each line is asked by the right to ask it', async () => {
    const person = await org.addUser();
    const app = await org.addClient({ scopes: ['openid'] });
    const how = { bearer: (await org.tokensOf(person, app, 'openid')).access_token };
    const own = { object: 'document:1', relation: 'viewer' };
    const lines = await stream(
      [JSON.stringify(own), check(1), JSON.stringify({ ...own, subject: `user:${person.id}` })],
      '',
      how,
    );
    assert.deepEqual(
      lines.slice(0, -1).map(({ allowed, error }) => allowed ?? error?.code),
      [false, 'permission_denied', false],
    );
  });

  it('what is wrong with all of it is a refusal', async () => {
    const send = (query: string, body = check(1)) =>
      org.http.send('POST', `${relations.path}/checks${query}`, { apiKey: org.apiKey, body, headers: NDJSON });
    (await send('?store=nowhere')).expect(404);
    (await send('?at_least_as_fresh=made-up')).expect(400);
    (await send('?consistency=eventually')).expect(400);
    (await send(`?consistency=fully_consistent&at_least_as_fresh=${token}`)).expect(400);
    const long = await send('', `{"object":"${'x'.repeat(300_000)}"}`);
    assert.match(long.expect(400).json<{ message: string }>().message, /Line 1/);
  });

  it('only where it is offered', async () => {
    const answer = await org.http.send('POST', `${relations.path}/check`, {
      apiKey: org.apiKey,
      body: check(1),
      headers: NDJSON,
    });
    assert.equal(answer.expect(400).json<{ code: string }>().code, 'unsupported_media_type');
  });

  it('a client that leaves in the middle leaves nothing behind', async () => {
    for (let n = 0; n < 5; n++) {
      const controller = new AbortController();
      const endless = new ReadableStream({
        async pull(to) {
          // The client reads on from its source after it was told to stop.
          if (controller.signal.aborted) return to.close();
          to.enqueue(new TextEncoder().encode(`${check(1)}\n`.repeat(1000)));
          await new Promise((resolve) => setTimeout(resolve, 5));
        },
      });
      const response = await fetch(`${org.http.baseUrl}${relations.path}/checks`, {
        method: 'POST',
        headers: { ...NDJSON, 'x-api-key': org.apiKey },
        body: endless,
        duplex: 'half',
        signal: controller.signal,
      } as RequestInit);
      assert.equal(response.status, 200);
      const reader = response.body?.getReader();
      assert.ok((await reader?.read())?.value);
      controller.abort();
    }
    assert.equal(await relations.may('document:1#viewer@user:anne'), true);
  });
});
