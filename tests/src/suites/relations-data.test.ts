import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type EventStream, openEventStream } from '../support/event-stream.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import {
  DOCUMENTS,
  key,
  type RelationKey,
  type RelationsWorld,
  relationsOf,
  textOf,
  useModel,
} from '../support/relations-world.js';
import { waitUntil } from '../support/wait-until.js';

let org: OrgWorld;
let relations: RelationsWorld;

before(async () => {
  org = await createOrgWorld('relations-data');
  relations = relationsOf(org);
  await useModel(org, DOCUMENTS);
});

const at = (query: Readonly<Record<string, string>>) => new URLSearchParams(query).toString();

describe('Relations: tuples', () => {
  it('are written and deleted, all or nothing', async () => {
    const [one, two] = [key('document:w#owner@user:one'), key('document:w#owner@user:two')];
    const first = await relations.ask<{ written: number; deleted: number }>('tuples', { writes: [one] });
    assert.deepEqual([first.written, first.deleted], [1, 0]);
    const refusal = await relations.refused('tuples', { writes: [two, one] }, 409);
    assert.equal(refusal.code, 'tuple_exists');
    assert.match(refusal.message, /document:w#owner@user:one/);
    assert.equal(await relations.may('document:w#owner@user:two'), false, 'nothing was written');
    const missing = await relations.refused(
      'tuples',
      { writes: [two], deletes: [key('document:w#owner@user:x')] },
      409,
    );
    assert.equal(missing.code, 'tuple_not_stored');
    const swapped = await relations.ask<{ written: number; deleted: number }>('tuples', {
      writes: [two],
      deletes: [one],
    });
    assert.deepEqual([swapped.written, swapped.deleted], [1, 1]);
    const lenient = { writes: [two], deletes: [one], on_duplicate: 'ignore', on_missing: 'ignore' };
    const again = await relations.ask<{ written: number; deleted: number }>('tuples', lenient);
    assert.deepEqual([again.written, again.deleted], [0, 0]);
  });

  it('only those that the model allows', async () => {
    const cases: readonly [object, string, RegExp][] = [
      [key('document:1#can_view@user:anne'), 'invalid_tuple', /can_view/],
      [key('document:1#owner@user:*'), 'invalid_tuple', /user:\*/],
      [key('document:1#owner@group:x#member'), 'invalid_tuple', /group:x#member/],
      [key('report:1#owner@user:anne'), 'type_not_found', /report/],
      [key('document:1#reader@user:anne'), 'relation_not_found', /reader/],
      [{ ...key('document:1#owner@user:a'), condition: { name: 'at_office' } }, 'invalid_tuple', /at_office/],
      [
        { ...key('document:1#viewer@user:a'), condition: { name: 'at_office', context: { city: 'Bern' } } },
        'invalid_tuple',
        /city/,
      ],
      [key('document#owner@user:anne'), 'validation_error', /object/],
      [key('document:1#owner@'), 'validation_error', /subject/],
    ];
    for (const [tuple, code, message] of cases) {
      const answer = await relations.send('POST', 'tuples', { writes: [tuple] });
      assert.equal(answer.status, 400, answer.text);
      const refusal = answer.json<{ code: string; message: string }>();
      assert.ok([code, 'invalid_tuple'].includes(refusal.code), `${JSON.stringify(tuple)}: ${answer.text}`);
      assert.match(refusal.message, message);
    }
    for (const empty of [{}, { writes: [], deletes: [] }]) {
      assert.equal((await relations.refused('tuples', empty, 400)).code, 'validation_error');
    }
    const twice = { writes: [key('document:1#owner@user:a'), key('document:1#owner@user:a')] };
    assert.equal((await relations.refused('tuples', twice, 400)).code, 'validation_error');
  });

  it('preconditions guard against what others do meanwhile', async () => {
    await relations.write('document:p#owner@user:first');
    const handOver = (from: string, to: string) => ({
      writes: [key(`document:p#owner@user:${to}`)],
      deletes: [key(`document:p#owner@user:${from}`)],
      preconditions: [
        { must_exist: { object: 'document:p', relation: 'owner', subject: `user:${from}` } },
        { must_not_exist: { object: 'document:p', relation: 'blocked' } },
      ],
    });
    await relations.ask('tuples', handOver('first', 'second'));
    const refusal = await relations.refused('tuples', handOver('first', 'third'), 409);
    assert.equal(refusal.code, 'precondition_failed');
    await relations.write('document:p#blocked@user:x');
    assert.equal((await relations.refused('tuples', handOver('second', 'third'), 409)).code, 'precondition_failed');
    // Of twenty that want the document at once, one gets it.
    await relations.remove('document:p#blocked@user:x');
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, n) => relations.send('POST', 'tuples', handOver('second', `racer-${n}`))),
    );
    assert.deepEqual(attempts.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 409)]);
    assert.equal(
      (await relations.refused('tuples', { ...handOver('a', 'b'), preconditions: [{ must_exist: {} }] }, 400)).code,
      'validation_error',
    );
  });

  it('an idempotency key makes a repetition harmless', async () => {
    const send = (body: object, idempotencyKey: string) =>
      org.http.send('POST', `${relations.path}/tuples`, {
        apiKey: org.apiKey,
        json: body,
        headers: { 'idempotency-key': idempotencyKey },
      });
    const body = { writes: [key('document:i#owner@user:anne')] };
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(body, 'order-7')));
    for (const answer of answers) {
      assert.deepEqual([answer.status, answer.json<{ written: number }>().written], [200, 1], answer.text);
    }
    const other = await send({ writes: [key('document:i#owner@user:bob')] }, 'order-7');
    assert.equal(other.expect(409).json<{ code: string }>().code, 'idempotency_key_reused');
    (await send(body, 'order-8')).expect(409);
    (await send(body, 'x'.repeat(256))).expect(400);
    // What was refused may be tried again with the same key.
    await relations.remove('document:i#owner@user:anne');
    (await send(body, 'order-8')).expect(200);
  });

  it('a thousand in one request, and not more', async () => {
    const writes = Array.from({ length: 1000 }, (_, n) => key(`document:bulk-${n}#owner@user:bulk`));
    assert.equal((await relations.ask<{ written: number }>('tuples', { writes })).written, 1000);
    const listed = {
      type: 'document',
      relation: 'owner',
      subject: 'user:bulk',
      limit: 2000,
      consistency: 'fully_consistent',
    };
    assert.equal((await relations.ask<{ objects: string[] }>('list-objects', listed)).objects.length, 1000);
    const more = [...writes, key('document:bulk#owner@user:bulk')];
    assert.equal((await relations.refused('tuples', { writes: more }, 400)).code, 'validation_error');
  });

  it('are read by object, type, relation and subject, in pages', async () => {
    await relations.write(
      'folder:r1#viewer@user:rita',
      'folder:r2#viewer@user:rita',
      'folder:r1#viewer@group:r#member',
    );
    type Page = { tuples: (RelationKey & { written_at: string })[]; cursor?: string; token: string };
    const read = async (query: Readonly<Record<string, string>>) =>
      (await relations.send('GET', `tuples?${at(query)}`)).expect(200).json<Page>();
    const texts = async (query: Readonly<Record<string, string>>) => (await read(query)).tuples.map(textOf);
    assert.deepEqual(await texts({ object: 'folder:r1' }), [
      'folder:r1#viewer@group:r#member',
      'folder:r1#viewer@user:rita',
    ]);
    assert.deepEqual(await texts({ object_type: 'folder', subject: 'user:rita' }), [
      'folder:r1#viewer@user:rita',
      'folder:r2#viewer@user:rita',
    ]);
    assert.deepEqual(await texts({ subject: 'user:rita', relation: 'owner' }), []);
    const first = await read({ object_type: 'folder', limit: '2' });
    assert.equal(first.tuples.length, 2);
    const rest = await read({ object_type: 'folder', limit: '2', cursor: first.cursor ?? '' });
    assert.equal(rest.cursor, undefined);
    assert.equal(new Set([...first.tuples, ...rest.tuples].map(textOf)).size, 3);
    (await relations.send('GET', `tuples?${at({ object_type: 'document', cursor: first.cursor ?? '' })}`)).expect(400);
    for (const wrong of [{ limit: '0' }, { limit: '1001' }, { limit: 'many' }, { object: 'folder' }, { cursor: 'x' }]) {
      (await relations.send('GET', `tuples?${at(wrong as never)}`)).expect(400);
    }
  });
});

describe('Relations: changes', () => {
  it('are read in order and from where a reader stopped', async () => {
    type Page = { changes: (RelationKey & { operation: string; revision: number })[]; cursor: string };
    const read = async (query: Readonly<Record<string, string>>) =>
      (await relations.send('GET', `changes?${at(query)}`)).expect(200).json<Page>();
    const text = ({ changes }: Page) => changes.map((change) => `${change.operation} ${textOf(change)}`);
    let { cursor } = await read({ object_type: 'group', limit: '1000' });
    await relations.write('group:g#member@user:a', 'document:g#owner@user:a');
    await relations.remove('group:g#member@user:a');
    const page = await read({ object_type: 'group', cursor });
    assert.deepEqual(text(page), ['write group:g#member@user:a', 'delete group:g#member@user:a']);
    cursor = page.cursor;
    assert.deepEqual((await read({ object_type: 'group', cursor })).changes, []);
    await relations.write('group:g#member@user:b');
    assert.deepEqual(text(await read({ object_type: 'group', cursor })), ['write group:g#member@user:b']);
    const recent = await read({ object_type: 'group', since: new Date(Date.now() - 60_000).toISOString(), limit: '1' });
    assert.equal(recent.changes.length, 1);
    assert.deepEqual((await read({ since: new Date(Date.now() + 60_000).toISOString() })).changes, []);
    (await relations.send('GET', `changes?${at({ object_type: 'document', cursor })}`)).expect(400);
    (await relations.send('GET', 'changes?since=yesterday')).expect(400);
  });
});

describe('Relations: watch', () => {
  interface Change {
    readonly revision: number;
    readonly writes: readonly RelationKey[];
    readonly deletes: readonly RelationKey[];
    readonly token: string;
  }

  const watch = (
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): EventStream =>
    openEventStream(`${org.http.baseUrl}${relations.path}/watch?${at(query)}`, { 'x-api-key': org.apiKey, ...headers });
  const changesOf = (stream: EventStream) =>
    stream.events.filter(({ type }) => type === 'change').map(({ data }) => data as Change);

  it('tells every change as it is committed, in order', async () => {
    const stream = watch();
    await stream.find('heartbeat');
    await relations.write('document:v1#owner@user:anne', 'document:v1#owner@user:bob');
    await relations.remove('document:v1#owner@user:bob');
    const removed = await stream.find<Change>('change', ({ deletes }) => deletes.length > 0);
    stream.close();
    const [first, second] = changesOf(stream);
    assert.deepEqual(first?.writes.map(textOf), ['document:v1#owner@user:anne', 'document:v1#owner@user:bob']);
    assert.deepEqual(second?.deletes.map(textOf), ['document:v1#owner@user:bob']);
    assert.ok((first?.revision ?? 0) < (second?.revision ?? 0));
    assert.equal(removed.id, removed.data.token);
  });

  it('resumes after an event, without gap and without repetition', async () => {
    const start = await relations.write('document:v2#owner@user:start');
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    for (const n of numbers.slice(0, 10)) await relations.write(`document:v2#owner@user:n${n}`);
    const seen: number[] = [];
    let after = start;
    for (let upTo = 10; upTo <= 30; upTo += 10) {
      const stream = watch({}, { 'last-event-id': after });
      const last = await stream.find<Change>('change', ({ writes }) =>
        writes.some((tuple) => tuple.subject === `user:n${upTo - 1}`),
      );
      stream.close();
      after = last.id;
      seen.push(...changesOf(stream).flatMap(({ writes }) => writes.map(({ subject }) => Number(subject.slice(6)))));
      // Written while nobody watches.
      for (const n of numbers.slice(upTo, upTo + 10)) await relations.write(`document:v2#owner@user:n${n}`);
    }
    assert.deepEqual(seen, numbers);
  });

  it('of some types only', async () => {
    const start = await relations.write('document:v3#owner@user:start');
    await relations.write('document:v3#owner@user:a', 'group:v3#member@user:a');
    await relations.write('document:v3#owner@user:b');
    await relations.write('folder:v3#viewer@user:a');
    const stream = watch({ after: start, object_type: 'folder' });
    await stream.find('change');
    stream.close();
    assert.deepEqual(
      changesOf(stream).flatMap(({ writes }) => writes.map(textOf)),
      ['folder:v3#viewer@user:a'],
    );
  });

  it('of one store only', async () => {
    const store = (await org.call('POST', '/relations/stores', { name: 'watched' }, 201)).json<{ id: string }>().id;
    await useModel(org, DOCUMENTS, store);
    const stream = watch({ store });
    await stream.find('heartbeat');
    await relations.write('document:v4#owner@user:elsewhere');
    await relations.ask('tuples', { writes: [key('document:v4#owner@user:here')], store });
    await stream.find('change');
    stream.close();
    assert.deepEqual(
      changesOf(stream).flatMap(({ writes }) => writes.map(textOf)),
      ['document:v4#owner@user:here'],
    );
  });

  it('ends when its key is deleted', async () => {
    const answer = await org.call('POST', '/admin/api-keys', { name: 'watcher', scopes: ['admin:read'] }, 201);
    const { id, key: secret } = answer.json<{ data: { id: string; key: string } }>().data;
    const stream = openEventStream(`${org.http.baseUrl}${relations.path}/watch`, { 'x-api-key': secret });
    await stream.find('heartbeat');
    await org.call('DELETE', `/admin/api-keys/${id}`);
    await waitUntil(async () => stream.refusal()?.status === 401, { what: 'the watch ends and cannot come back' });
    stream.close();
  });

  it('what is wrong is said at once', async () => {
    const get = (query: string) => relations.send('GET', `watch?${query}`);
    (await get('after=made-up')).expect(400);
    (await get('store=nowhere')).expect(404);
    const other = await createOrgWorld('relations-watch');
    await useModel(other, DOCUMENTS);
    const foreign = await relationsOf(other).write('document:1#owner@user:anne');
    (await get(at({ after: foreign }))).expect(400);
  });
});
