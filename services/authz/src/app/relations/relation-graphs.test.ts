import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { DomainError } from '@lumo/kit';
import fc from 'fast-check';
import { startTestService, type TestOrg, type TestProcess, type TestService } from '../../store/test-org.fixture.js';
import { testNews, through } from './relations.fixture.js';

const refusedAs = (code: string) => (error: unknown) => (error as DomainError).code === code;

describe('stores in memory', () => {
  let service: TestService;
  let process: TestProcess;
  before(async () => {
    service = await startTestService();
    process = service.start();
  });
  after(() => service.close());

  const newStore = async (through_: TestProcess = process) => {
    const org = await service.newOrg();
    const on = through(through_, org);
    await on.model();
    return { org, ...on };
  };

  it('38 keeps two organizations with the same ids and opposite data apart', async () => {
    const [a, b] = [await newStore(), await newStore()];
    const ids = Array.from({ length: 20 }, (_, i) => i);
    const tuples = (parity: number) =>
      ids.flatMap((i) => [
        `group:${i}#member@user:${i % 2 === parity ? 'anne' : 'bob'}`,
        `folder:${i}#viewer@group:${i}#member`,
        `document:${i}#parent@folder:${i}`,
      ]);
    await a.write(tuples(0));
    await b.write(tuples(1));
    for (const process of [service.start(), service.start({ relationBytes: 10_000 })]) {
      for (const i of ids) {
        const [inA, inB] = [through(process, a.org), through(process, b.org)];
        const question = `document:${i}#viewer@user:anne`;
        assert.deepEqual([await inA.allowed(question), await inB.allowed(question)], [i % 2 === 0, i % 2 === 1]);
      }
      const listed = async ({ org }: { org: TestOrg }) =>
        org.inside(async (ctx) => {
          const query = { objectType: 'document', relation: 'viewer', subject: 'user:anne' };
          return (await process.app.listObjects(ctx, query)).objects;
        });
      const [ofA, ofB] = [await listed(a), await listed(b)];
      assert.equal(ofA.length, 10);
      assert.equal(ofB.length, 10);
      assert.ok(!ofA.some((object) => ofB.includes(object)));
      const batch = async ({ org }: { org: TestOrg }) =>
        org.inside(async (ctx) => {
          const checks = ids.map((i) => ({ object: `document:${i}`, relation: 'viewer', subject: 'user:bob' }));
          return (await process.app.checkRelations(ctx, { checks })).results.map((r) => 'allowed' in r && r.allowed);
        });
      const [batchA, batchB] = [await batch(a), await batch(b)];
      assert.deepEqual(
        batchA,
        batchB.map((allowed) => !allowed),
      );
    }
    const [read] = await service.database.admin<{ count: number }>(
      `select count(distinct org_id)::int as count from authz.relation_tuples where org_id = any ($1)`,
      [[a.org.org.id, b.org.org.id]],
    );
    assert.equal(read?.count, 2);
    assert.equal((await a.tuples()).length, 60);
    const storeOfB = await b.inside((ctx) => process.app.readStore(ctx, {}));
    await assert.rejects(
      a.check('document:1#viewer@user:anne', undefined, { store: storeOfB.id }),
      refusedAs('store_not_found'),
    );
    await assert.rejects(
      a.write(['document:1#owner@user:x'], [], { store: storeOfB.id }),
      refusedAs('store_not_found'),
    );
    const modelOfB = await b.inside((ctx) => process.app.readModel(ctx, { id: 'latest' }));
    await assert.rejects(
      a.check('document:1#viewer@user:anne', undefined, { modelId: modelOfB.id }),
      refusedAs('model_not_found'),
    );
  });

  it('keeps two stores of one organization apart', async () => {
    const { org, write, allowed, check, inside, model } = await newStore();
    const { id } = await inside((ctx) => process.app.createStore(ctx, { name: 'other' }));
    await assert.rejects(check('document:1#viewer@user:a', undefined, { store: id }), refusedAs('model_not_found'));
    await model(undefined, id);
    await write(['document:1#viewer@user:a']);
    await write(['document:2#viewer@user:a'], [], { store: id });
    assert.equal(await allowed('document:1#viewer@user:a'), true);
    assert.equal(await allowed('document:2#viewer@user:a'), false);
    assert.equal((await check('document:1#viewer@user:a', undefined, { store: id })).allowed, false);
    assert.equal((await check('document:2#viewer@user:a', undefined, { store: id })).allowed, true);
    const listed = await inside((ctx) => process.app.listStores(ctx, { pageSize: 10 }));
    assert.deepEqual(new Set(listed.stores.map(({ name }) => name)), new Set(['default', 'other']));
    assert.ok(org);
  });

  it('forgets a deleted store everywhere, and its rows', async () => {
    const { org, inside, model, write, check, allowed } = await newStore();
    const other = service.start();
    const there = through(other, org);
    const { id } = await inside((ctx) => process.app.createStore(ctx, { name: 'other' }));
    await model(undefined, id);
    await write(
      Array.from({ length: 600 }, (_, i) => `document:${i}#viewer@user:a`),
      [],
      { store: id },
    );
    await write(['document:kept#viewer@user:a']);
    const question = 'document:2#viewer@user:a';
    assert.equal((await there.check(question, undefined, { store: id })).allowed, true);
    assert.equal((await check(question, undefined, { store: id })).allowed, true);
    await inside((ctx) => process.app.deleteStore(ctx, { store: id }));
    await assert.rejects(check(question, undefined, { store: id }), refusedAs('store_not_found'));
    await assert.rejects(there.check(question, 'fully_consistent', { store: id }), refusedAs('store_not_found'));
    await assert.rejects(write(['document:1#owner@user:a'], [], { store: id }), refusedAs('store_not_found'));
    await inside(() => process.app.removeRemains());
    const [rows] = await service.database.admin<{ tuples: number; changes: number; stores: number }>(
      `select (select count(*)::int from authz.relation_tuples where org_id = $1) as tuples,
              (select count(*)::int from authz.relation_changes where org_id = $1) as changes,
              (select count(*)::int from authz.relation_stores where org_id = $1) as stores`,
      [org.org.id],
    );
    assert.deepEqual(rows, { tuples: 1, changes: 2, stores: 1 });
    assert.equal(await allowed('document:kept#viewer@user:a'), true);
    await assert.rejects(
      inside(async (ctx) => process.app.deleteStore(ctx, { store: (await process.app.readStore(ctx, {})).id })),
      refusedAs('permission_denied'),
    );
  });

  it('is in memory what the database holds, after random writes through two processes', async () => {
    const users = ['user:a', 'user:b', 'user:c', 'group:x#member', 'group:y#member'];
    const universe = [
      ...['x', 'y', 'z'].flatMap((group) => users.map((user) => `group:${group}#member@${user}`)),
      ...['f', 'g'].flatMap((folder) => users.map((user) => `folder:${folder}#viewer@${user}`)),
      ...['1', '2'].flatMap((document) => [
        `document:${document}#parent@folder:f`,
        `document:${document}#owner@user:a`,
        `document:${document}#blocked@user:b`,
        `document:${document}#viewer@user:*`,
        `document:${document}#viewer@group:z#member`,
      ]),
    ].filter((text) => !/group:(\w)#member@group:\1#/.test(text));
    const questions = ['1', '2'].flatMap((document) =>
      ['a', 'b', 'c', 'd'].map((user) => `document:${document}#viewer@user:${user}`),
    );
    const steps = fc.array(
      fc.record({
        through: fc.nat(1),
        toggled: fc.uniqueArray(fc.constantFrom(...universe), { minLength: 1, maxLength: 6 }),
        heard: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const news = testNews();
    const processes = [service.start({ news: news.channel() }), service.start({ news: news.channel() })];
    await fc.assert(
      fc.asyncProperty(steps, async (chosen) => {
        const org = await service.newOrg();
        const on = processes.map((process) => through(process, org));
        const { token: begin } = (await on[0]?.model()) ?? { token: '' };
        const stored = new Set<string>();
        let token = begin;
        for (const { through: index, toggled, heard } of chosen) {
          news.lose = !heard;
          const deletes = toggled.filter((text) => stored.has(text));
          const writes = toggled.filter((text) => !stored.has(text));
          ({ token } = (await on[index]?.write(writes, deletes)) ?? { token });
          for (const text of deletes) stored.delete(text);
          for (const text of writes) stored.add(text);
          await on[1 - index]?.allowed(questions[0] ?? '');
        }
        const rebuilt = through(service.start(), org);
        assert.deepEqual(new Set(await rebuilt.tuples()), stored);
        for (const question of questions) {
          const expected = await rebuilt.allowed(question);
          for (const one of on)
            assert.equal(await one.allowed(question, { at_least_as_fresh: token }), expected, question);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('lets go of what was not used for longest, and reads it again, while others write and ask', async () => {
    // Room for about two of six.
    let loads = 0;
    const small = service.start({
      relationBytes: 15_000,
      onStatement: (sql) => {
        if (sql.includes('declare part')) loads++;
      },
    });
    const stores = await Promise.all(Array.from({ length: 6 }, () => newStore()));
    const written = stores.map(() => new Set<number>());
    await Promise.all(
      stores.map(async ({ org }, n) => {
        const [writer, reader] = [through(n % 2 ? process : small, org), through(small, org)];
        for (let i = 0; i < 15; i++) {
          const { token } = await writer.write([`document:${i}#viewer@user:${n}`]);
          written[n]?.add(i);
          for (const known of [0, i, 14]) {
            const isThere = written[n]?.has(known) === true;
            const answer = await reader.allowed(`document:${known}#viewer@user:${n}`, { at_least_as_fresh: token });
            assert.equal(answer, isThere, `store ${n}, document ${known} after ${i}`);
          }
          assert.equal(await reader.allowed(`document:${i}#viewer@user:${n + 1}`, { at_least_as_fresh: token }), false);
        }
      }),
    );
    assert.ok(loads > stores.length, `${loads} loads of ${stores.length} stores`);
  });

  it('refuses a store that does not fit, and remembers nothing of it', async () => {
    const { org, write } = await newStore();
    for (let part = 0; part < 4; part++) {
      await write(Array.from({ length: 1_000 }, (_, i) => `document:${part}-${i}#viewer@user:${part}-${i}`));
    }
    const tiny = through(service.start({ relationBytes: 20_000 }), org);
    await assert.rejects(tiny.allowed('document:1-1#viewer@user:1-1'), refusedAs('store_too_large'));
    assert.equal(await through(service.start(), org).allowed('document:1-1#viewer@user:1-1'), true);
  });

  it('answers for a second without the database, then refuses', async () => {
    const time = { now: 1_000_000 };
    const broken = new Error('the database is away');
    let isAway = false;
    const onStatement = () => {
      if (isAway) throw broken;
    };
    const alone = service.start({ elapsedMs: () => time.now, onStatement });
    const { org, write } = await newStore();
    await write(['document:1#viewer@user:a']);
    const on = through(alone, org);
    const { token } = await on.check('document:1#viewer@user:a');
    isAway = true;
    time.now += 900;
    assert.equal(await on.allowed('document:1#viewer@user:a'), true);
    time.now += 200;
    for (const consistency of [undefined, { at_least_as_fresh: token }, { at_exact_snapshot: token }] as const) {
      await assert.rejects(on.allowed('document:1#viewer@user:a', consistency), broken);
    }
    await assert.rejects(on.allowed('document:1#viewer@user:a', 'fully_consistent'), broken);
    isAway = false;
    assert.equal(await on.allowed('document:1#viewer@user:a'), true);
  });

  it('changes nothing under a list that runs, and answers checks meanwhile', async () => {
    const { org, write, check, inside } = await newStore();
    for (let part = 0; part < 5; part++) {
      await write(Array.from({ length: 1_000 }, (_, i) => `document:${part}-${i}#viewer@user:a`));
    }
    const before = await check('document:0-0#viewer@user:a');
    const page = (cursor?: string) =>
      inside((ctx) =>
        process.app.listObjects(ctx, {
          objectType: 'document',
          relation: 'viewer',
          subject: 'user:a',
          ...(cursor !== undefined && { cursor }),
        }),
      );
    let isListing = true;
    const asking = (async () => {
      while (isListing) {
        assert.equal((await check('document:4-9#viewer@user:a')).allowed, true);
        assert.equal((await check('document:4-9#viewer@user:b')).allowed, false);
        await new Promise(setImmediate);
      }
    })();
    let [list, wrote] = await Promise.all([page(), write([], ['document:0-0#viewer@user:a'])]);
    assert.ok(wrote.revision > before.revision);
    const isBefore = list.revision < wrote.revision;
    const all = [...list.objects];
    while (list.cursor !== undefined) {
      list = await page(list.cursor);
      all.push(...list.objects);
    }
    isListing = false;
    await asking;
    assert.equal(all.length, isBefore ? 5_000 : 4_999);
    assert.equal(all.includes('document:0-0'), isBefore);
    assert.equal((await check('document:0-0#viewer@user:a')).allowed, false);
    assert.ok(org);
  });

  it('refuses an organization that used up its time, and nobody else', async () => {
    const time = { now: 1_000_000 };
    const strict = service.start({ elapsedMs: () => time.now });
    const [busy, calm] = [await newStore(strict), await newStore(strict)];
    await busy.write(['document:1#viewer@user:a']);
    await calm.write(['document:1#viewer@user:a']);
    const question = { object: 'document:1', relation: 'viewer', subject: 'user:a' };
    // Each question takes real time, and no time passes in which something could be saved up.
    const ask = () =>
      busy.inside(async (ctx) =>
        strict.deps.relations.graphs.ask(busy.org.org, {}, () => {
          const until = performance.now() + 100;
          while (performance.now() < until);
          return ctx.requestId;
        }),
      );
    const outcomes = [];
    for (let i = 0; i < 25; i++)
      outcomes.push(
        await Promise.resolve()
          .then(ask)
          .then(
            () => 'ok',
            (error) => error.code,
          ),
      );
    assert.ok(outcomes.filter((outcome) => outcome === 'ok').length <= 21);
    assert.equal(outcomes.at(-1), 'too_many_requests');
    assert.equal((await calm.inside((ctx) => strict.app.checkRelation(ctx, question))).allowed, true);
    time.now += 1_000;
    assert.equal((await busy.inside((ctx) => strict.app.checkRelation(ctx, question))).allowed, true);
  });

  it('knows roles and tuples of changes that only touch the other', async () => {
    let readings = 0;
    const counting = service.start({
      onStatement: (sql) => {
        if (/role_assignments|graph_changes/.test(sql)) readings++;
      },
    });
    const { write, inside } = await newStore(counting);
    const subject = { type: 'user', id: 'u1' } as const;
    const decide = () => inside((ctx) => counting.app.decideForSubject(ctx, { subject, permissions: ['x.y'] }));
    await decide();
    assert.ok(readings > 0);
    readings = 0;
    for (let i = 0; i < 5; i++) {
      await write([`document:${i}#viewer@user:a`]);
      await decide();
    }
    await wait(1_050);
    await decide();
    assert.equal(readings, 0);
  });
});
