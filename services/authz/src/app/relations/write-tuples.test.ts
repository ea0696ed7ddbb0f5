import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DomainError } from '@lumo/kit';
import { startTestService, type TestProcess, type TestService } from '../../store/test-org.fixture.js';
import { MODEL, t, through } from './relations.fixture.js';

const refusedAs = (code: string) => (error: unknown) => (error as DomainError).code === code;

describe('writing tuples', () => {
  let service: TestService;
  let process: TestProcess;
  before(async () => {
    service = await startTestService();
    process = service.start();
  });
  after(() => service.close());

  const newStore = async () => {
    const org = await service.newOrg();
    const on = through(process, org);
    await on.model();
    return { org, ...on };
  };

  it('writes, answers, deletes and denies', async () => {
    const { write, allowed } = await newStore();
    const written = await write([
      'document:1#parent@folder:a',
      'folder:a#viewer@group:x#member',
      'group:x#member@user:anne',
    ]);
    assert.deepEqual([written.written, written.deleted], [3, 0]);
    assert.equal(await allowed('document:1#viewer@user:anne'), true);
    assert.equal(await allowed('document:1#viewer@user:bob'), false);
    await write([], ['group:x#member@user:anne']);
    assert.equal(await allowed('document:1#viewer@user:anne'), false);
  });

  it('needs a model first, and a store that is there', async () => {
    const org = await service.newOrg();
    const on = through(process, org);
    await assert.rejects(on.write(['document:1#owner@user:a']), refusedAs('model_not_found'));
    await assert.rejects(on.allowed('document:1#owner@user:a'), refusedAs('model_not_found'));
    await on.model();
    await assert.rejects(
      on.write(['document:1#owner@user:a'], [], { store: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }),
      refusedAs('store_not_found'),
    );
    await assert.rejects(
      on.write(['document:1#owner@user:a'], [], { modelId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }),
      refusedAs('model_not_found'),
    );
  });

  it('writes nothing where one tuple is not allowed', async () => {
    const { write, tuples } = await newStore();
    for (const [tuple, code] of [
      ['planet:1#owner@user:a', 'type_not_found'],
      ['document:1#eater@user:a', 'relation_not_found'],
      ['document:1#owner@group:x#member', 'invalid_tuple'],
      ['document:1#owner@user:*', 'invalid_tuple'],
      ['document#owner@user:a', 'validation_error'],
      ['document:1#owner@user:a\u0000b', 'validation_error'],
      ['document:1#owner@user:\ud800', 'validation_error'],
    ] as const) {
      await assert.rejects(write(['document:1#owner@user:good', tuple]), refusedAs(code), tuple);
    }
    assert.deepEqual(await tuples(), []);
  });

  it('refuses an empty request, too much, and one tuple twice', async () => {
    const { write } = await newStore();
    const many = Array.from({ length: 1_001 }, (_, i) => `document:${i}#owner@user:a`);
    await assert.rejects(write([]), refusedAs('validation_error'));
    await assert.rejects(write(many), refusedAs('validation_error'));
    await assert.rejects(write(['document:1#owner@user:a', 'document:1#owner@user:a']), refusedAs('validation_error'));
    assert.equal((await write(many.slice(1))).written, 1_000);
  });

  it('27 refuses to write and delete one tuple in one request', async () => {
    const { write, tuples } = await newStore();
    await assert.rejects(
      write(['document:1#owner@user:a'], ['document:1#owner@user:a']),
      refusedAs('validation_error'),
    );
    assert.deepEqual(await tuples(), []);
  });

  it('refuses what is stored already and what is not, or passes over it when asked to', async () => {
    const { write, tuples, check } = await newStore();
    await write(['document:1#owner@user:a']);
    await assert.rejects(write(['document:2#owner@user:a', 'document:1#owner@user:a']), refusedAs('tuple_exists'));
    await assert.rejects(
      write(['document:2#owner@user:a'], ['document:9#owner@user:a']),
      refusedAs('tuple_not_stored'),
    );
    assert.deepEqual(await tuples(), ['document:1#owner@user:a']);
    const before = await check('document:1#owner@user:a', 'fully_consistent');
    const nothing = await write(['document:1#owner@user:a'], ['document:9#owner@user:a'], {
      onDuplicate: 'ignore',
      onMissing: 'ignore',
    });
    assert.deepEqual([nothing.written, nothing.deleted, nothing.revision], [0, 0, before.revision]);
    const some = await write(['document:1#owner@user:a', 'document:2#owner@user:a'], [], { onDuplicate: 'ignore' });
    assert.deepEqual([some.written, some.revision], [1, before.revision + 1]);
  });

  it('does not take a tuple with another condition for the same', async () => {
    const { write } = await newStore();
    const plain = t('document:1#viewer@user:a');
    const conditioned = { ...plain, condition: { name: 'office' } };
    const withContext = { ...plain, condition: { name: 'office', context: { place: 'home' } } };
    await write([conditioned]);
    for (const other of [plain, withContext]) {
      await assert.rejects(write([other], [], { onDuplicate: 'ignore' }), refusedAs('tuple_exists'));
    }
    assert.equal((await write([conditioned], [], { onDuplicate: 'ignore' })).written, 0);
  });

  it('keeps the context of a condition as it came', async () => {
    const { write, inside, org } = await newStore();
    const context = { place: 'a "quoted" \u0000 text \u001f' };
    await write([{ ...t('document:1#viewer@user:a'), condition: { name: 'office', context } }]);
    const page = await inside(() => process.app.readTuples(org.ctx, { filter: {}, pageSize: 10 }));
    assert.deepEqual(page.tuples[0]?.tuple.condition, { name: 'office', context });
    const fresh = through(service.start(), org);
    assert.equal(await fresh.allowed('document:1#viewer@user:a'), false);
  });

  it('31 tells ids apart that differ in case or normal form', async () => {
    const { write, tuples, allowed } = await newStore();
    const ids = ['Anne', 'anne', 'ann\u00e9', 'anne\u0301', 'ANNE'];
    await write(ids.slice(1).map((id) => `document:1#viewer@user:${id}`));
    assert.equal(await allowed('document:1#viewer@user:Anne'), false);
    for (const id of ids.slice(1)) assert.equal(await allowed(`document:1#viewer@user:${id}`), true);
    assert.equal((await tuples({ subject: 'user:anne' })).length, 1);
    await write(['document:1#viewer@user:Anne']);
    const fresh = through(service.start(), (await newStore()).org);
    assert.equal(await fresh.allowed('document:1#viewer@user:Anne'), false);
  });

  it('writes an event with counts and the first keys', async () => {
    const { org, write } = await newStore();
    await write(Array.from({ length: 12 }, (_, i) => `document:${10 + i}#owner@user:a`));
    const { revision } = await write(['document:99#owner@user:a'], ['document:10#owner@user:a']);
    const events = (await org.events()).filter(({ name }) => name === 'relation.tuples.written');
    const last = events.find(({ data }) => data.revision === revision)?.data;
    assert.deepEqual([last?.written, last?.deleted], [1, 1]);
    assert.deepEqual(
      [last?.first_written, last?.first_deleted],
      [['document:99#owner@user:a'], ['document:10#owner@user:a']],
    );
    const first = events.find(({ data }) => data.written === 12)?.data;
    assert.equal(Object.keys(first?.first_written ?? {}).length, 10);
  });

  it('checks preconditions against what is stored before the change', async () => {
    const { write, tuples } = await newStore();
    await write(['document:1#owner@user:a', 'document:1#owner@user:b']);
    const must = (filter: object) => ({ kind: 'must_exist', filter }) as const;
    const mustNot = (filter: object) => ({ kind: 'must_not_exist', filter }) as const;
    const b = { object: 'document:1', relation: 'owner', subject: 'user:b' };
    await write([], ['document:1#owner@user:a'], { preconditions: [must(b), mustNot({ objectType: 'folder' })] });
    for (const preconditions of [
      [must({ object: 'document:1', relation: 'owner', subject: 'user:a' })],
      [must(b), mustNot({ objectType: 'document' })],
      [must({ object: 'document:1', objectType: 'folder' })],
    ]) {
      await assert.rejects(write([], ['document:1#owner@user:b'], { preconditions }), refusedAs('precondition_failed'));
    }
    await assert.rejects(
      write(['document:2#owner@user:a'], [], { preconditions: [must({})] }),
      refusedAs('validation_error'),
    );
    assert.deepEqual(await tuples(), ['document:1#owner@user:b']);
  });

  it('answers a repeated request with its first answer, and refuses the key for another request', async () => {
    const { write, tuples } = await newStore();
    const first = await write(['document:1#owner@user:a'], [], { idempotencyKey: 'k1' });
    await write([], ['document:1#owner@user:a']);
    assert.deepEqual(await write(['document:1#owner@user:a'], [], { idempotencyKey: 'k1' }), first);
    assert.deepEqual(await tuples(), []);
    await assert.rejects(
      write(['document:2#owner@user:a'], [], { idempotencyKey: 'k1' }),
      refusedAs('idempotency_key_reused'),
    );
    // A refused request used up nothing.
    await assert.rejects(
      write([], ['document:1#owner@user:a'], { idempotencyKey: 'k2' }),
      refusedAs('tuple_not_stored'),
    );
    assert.equal((await write(['document:1#owner@user:a'], [], { idempotencyKey: 'k2' })).written, 1);
  });

  it('forgets idempotency keys after a day', async () => {
    const { org, write } = await newStore();
    await write(['document:1#owner@user:a'], [], { idempotencyKey: 'k1' });
    await service.database.admin(
      `update authz.idempotency_keys set created_at = created_at - interval '25 hours' where org_id = $1`,
      [org.org.id],
    );
    await assert.rejects(write(['document:1#owner@user:a'], [], { idempotencyKey: 'k1' }), refusedAs('tuple_exists'));
  });

  describe('at the same time, through two processes', () => {
    it('27 lets one of many write a tuple', async () => {
      const { org } = await newStore();
      const [one, two] = [through(process, org), through(service.start(), org)];
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).write(['document:1#owner@user:a'])),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'tuple_exists');
      }
    });

    it('27 carries out one request of many with the same idempotency key', async () => {
      const { org, tuples } = await newStore();
      const [one, two] = [through(process, org), through(service.start(), org)];
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 ? one : two).write(['document:1#owner@user:a'], [], { idempotencyKey: 'k' }),
        ),
      );
      assert.equal(new Set(answers.map(({ revision }) => revision)).size, 1);
      assert.deepEqual(await tuples(), ['document:1#owner@user:a']);
    });

    it('27 never loses the last owner', async () => {
      const { org, write, tuples } = await newStore();
      const [one, two] = [through(process, org), through(service.start(), org)];
      for (let round = 0; round < 10; round++) {
        const [a, b] = [`document:${round}#owner@user:a`, `document:${round}#owner@user:b`];
        await write([a, b]);
        const outcomes = await Promise.allSettled([
          one.write([], [a], { preconditions: [{ kind: 'must_exist', filter: t(b) }] }),
          two.write([], [b], { preconditions: [{ kind: 'must_exist', filter: t(a) }] }),
        ]);
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
        assert.equal((await tuples({ object: `document:${round}` })).length, 1);
      }
    });

    it('27 lets nobody overwrite what somebody else wrote meanwhile', async () => {
      const { org, tuples } = await newStore();
      const [one, two] = [through(process, org), through(service.start(), org)];
      // A counter as a tuple: each step deletes the old value and writes the next, if the old one is still there.
      await one.write(['document:0#owner@user:counter']);
      let done = 0;
      await Promise.all(
        [one, two].map(async ({ write }) => {
          while (done < 20) {
            const [now = ''] = await tuples({ subject: 'user:counter' });
            const next = Number(/\d+/.exec(now)?.[0]) + 1;
            await write([`document:${next}#owner@user:counter`], [now]).then(
              () => done++,
              (error) => assert.equal(error.code, 'tuple_not_stored'),
            );
          }
        }),
      );
      assert.deepEqual(await tuples({ subject: 'user:counter' }), [`document:${done}#owner@user:counter`]);
    });

    it('numbers the changes of an organization without a gap', async () => {
      const { org, inside } = await newStore();
      const [one, two] = [through(process, org), through(service.start(), org)];
      await Promise.all(
        Array.from({ length: 30 }, (_, i) => (i % 2 ? one : two).write([`document:${i}#owner@user:a`])),
      );
      const { changes } = await inside(() => process.app.readChanges(org.ctx, { pageSize: 100 }));
      const revisions = changes.map(({ revision }) => revision);
      assert.deepEqual(
        revisions,
        Array.from({ length: 30 }, (_, i) => (revisions[0] ?? 0) + i),
      );
      const times = changes.map(({ at }) => at.getTime());
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    });
  });

  it('passes over stored tuples that a later model does not allow, and counts them again with a model that does', async () => {
    const { write, model, allowed } = await newStore();
    await write(['document:1#owner@user:a', 'document:1#viewer@user:b']);
    const [user, group, folder, document] = MODEL.type_definitions;
    const viewer = { directly_related_user_types: [{ type: 'user' }] };
    const narrower = { type: 'document', relations: { viewer: { this: {} } }, metadata: { relations: { viewer } } };
    await model({ ...MODEL, type_definitions: [user, group, folder, narrower], conditions: {} });
    assert.ok(document);
    await assert.rejects(allowed('document:1#owner@user:a'), refusedAs('relation_not_found'));
    assert.equal(await allowed('document:1#viewer@user:a'), false);
    assert.equal(await allowed('document:1#viewer@user:b'), true);
    await model();
    assert.equal(await allowed('document:1#viewer@user:a'), true);
  });
});
