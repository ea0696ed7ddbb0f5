import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DomainError } from '@lumo/kit';
import { startTestService, type TestOrg, type TestProcess, type TestService } from '../../store/test-org.fixture.js';
import { MODEL, through } from './relations.fixture.js';
import type { WatchedChange } from './watch-changes.js';

const refusedAs = (code: string) => (error: unknown) => (error as DomainError).code === code;
const textOf = ({ object, relation, subject }: { object: string; relation: string; subject: string }) =>
  `${object}#${relation}@${subject}`;

describe('the log of changes', () => {
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

  const readAll = async (org: TestOrg, pageSize: number, objectType?: string) => {
    const on = through(process, org);
    const read: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await on.inside((ctx) =>
        process.app.readChanges(ctx, {
          pageSize,
          ...(cursor !== undefined && { cursor }),
          ...(objectType !== undefined && { objectType }),
        }),
      );
      assert.ok(page.changes.length <= pageSize);
      if (page.changes.length === 0) return { read, cursor: page.cursor };
      read.push(...page.changes.map(({ operation, tuple }) => `${operation} ${textOf(tuple)}`));
      cursor = page.cursor;
    }
  };

  it('reads every tuple once, in order, whatever the size of a page', async () => {
    const { org, write } = await newStore();
    const expected: string[] = [];
    for (let i = 0; i < 7; i++) {
      const writes = Array.from(
        { length: i + 1 },
        (_, n) => `${n % 2 ? 'folder' : 'document'}:${i}-${n}#viewer@user:a`,
      );
      const deletes = i > 0 ? [`document:${i - 1}-0#viewer@user:a`] : [];
      await write(writes, deletes);
      expected.push(...deletes.map((text) => `delete ${text}`), ...writes.map((text) => `write ${text}`));
    }
    for (const pageSize of [1, 2, 3, 5, 8, 100]) assert.deepEqual((await readAll(org, pageSize)).read, expected);
    for (const pageSize of [1, 3, 100]) {
      const folders = expected.filter((text) => text.includes(' folder:'));
      assert.deepEqual((await readAll(org, pageSize, 'folder')).read, folders);
    }
  });

  it('goes on after the end, where something new came', async () => {
    const { org, write, inside } = await newStore();
    await write(['document:1#viewer@user:a']);
    const { cursor } = await readAll(org, 10);
    await write(['document:2#viewer@user:a'], ['document:1#viewer@user:a']);
    const { changes } = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 10, cursor }));
    assert.deepEqual(
      changes.map(({ operation, tuple }) => `${operation} ${tuple.object}`),
      ['delete document:1', 'write document:2'],
    );
  });

  it('begins at a moment', async () => {
    const { write, inside } = await newStore();
    await write(['document:1#viewer@user:a']);
    await write(['document:2#viewer@user:a']);
    const all = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 10 }));
    const since = all.changes[1]?.at;
    assert.ok(since);
    const from = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 1, since }));
    assert.equal(from.changes[0]?.at.getTime(), since.getTime());
    const never = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 9, since: new Date('2100-01-01') }));
    assert.deepEqual(never.changes, []);
    const still = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 9, cursor: never.cursor }));
    assert.deepEqual(still.changes, []);
  });

  it('says so where what follows a position is no longer kept', async () => {
    const { org, write, inside } = await newStore();
    await write(['document:1#viewer@user:a']);
    const { cursor } = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 1 }));
    const { token } = await write(['document:2#viewer@user:a']);
    await write(['document:3#viewer@user:a']);
    await inside(() =>
      process.deps.changes.run(async (work) => {
        const store = (await work.relations.stores({ limit: 1 }))[0];
        await work.relations.prune(store?.number ?? 0, new Date(Date.now() + 1_000), 3);
      }),
    );
    await assert.rejects(
      inside((ctx) => process.app.readChanges(ctx, { pageSize: 1, cursor })),
      refusedAs('changes_pruned'),
    );
    const first = await inside((ctx) => process.app.readChanges(ctx, { pageSize: 9 }));
    assert.deepEqual(
      first.changes.map(({ tuple }) => tuple.object),
      ['document:3'],
    );
    const watch = process.app.watchChanges(org.ctx, { after: token, signal: AbortSignal.timeout(5_000) });
    assert.equal((await inside(() => watch.next())).value?.kind, 'change');
    await inside(() => watch.return());
    const late = through(service.start(), org);
    assert.equal(await late.allowed('document:1#viewer@user:a'), true);
  });

  it('reads a graph anew whose changes are no longer kept', async () => {
    const { org, write, inside } = await newStore();
    const other = through(service.start(), org);
    await write(['document:1#viewer@user:a']);
    assert.equal(await other.allowed('document:1#viewer@user:b'), false);
    await write(['document:1#viewer@user:b']);
    const { token } = await write(['document:1#viewer@user:c'], ['document:1#viewer@user:a']);
    await inside(() =>
      process.deps.changes.run(async (work) => {
        const store = (await work.relations.stores({ limit: 1 }))[0];
        await work.relations.prune(store?.number ?? 0, new Date(Date.now() + 1_000), 100);
      }),
    );
    for (const [user, allowed] of [
      ['a', false],
      ['b', true],
      ['c', true],
    ] as const) {
      assert.equal(await other.allowed(`document:1#viewer@user:${user}`, { at_least_as_fresh: token }), allowed);
    }
  });

  it('refuses the cursor of another organization or another question', async () => {
    const { org, inside, write } = await newStore();
    await write(['document:1#viewer@user:a']);
    const { cursor } = await readAll(org, 1);
    const other = await newStore();
    await assert.rejects(
      other.inside((ctx) => process.app.readChanges(ctx, { pageSize: 1, cursor })),
      refusedAs('cursor_invalid'),
    );
    await assert.rejects(
      inside((ctx) => process.app.readChanges(ctx, { pageSize: 1, cursor, objectType: 'folder' })),
      refusedAs('cursor_invalid'),
    );
  });

  it('is empty where there is no model yet', async () => {
    const org = await service.newOrg();
    assert.deepEqual((await readAll(org, 5)).read, []);
    assert.deepEqual(await through(process, org).tuples(), []);
  });

  describe('watching', () => {
    const watch = (through: TestProcess, org: TestOrg, after: string, objectTypes?: readonly string[]) => {
      const stop = new AbortController();
      const iterator = through.app.watchChanges(org.ctx, {
        after,
        signal: stop.signal,
        ...(objectTypes && { objectTypes }),
      });
      return { stop: () => stop.abort(), iterator };
    };

    const take = async (iterator: AsyncIterator<WatchedChange>, org: TestOrg, count: number) => {
      const taken: Extract<WatchedChange, { kind: 'change' }>[] = [];
      while (taken.length < count) {
        const { value, done } = await org.inside(() => iterator.next());
        assert.ok(!done);
        if (value.kind === 'change') taken.push(value);
      }
      return taken;
    };

    it('says where it begins, then what happens, in this process and in others', async () => {
      const { org, write } = await newStore();
      const { iterator, stop } = watch(service.start(), org, 'now');
      const begin = (await org.inside(() => iterator.next())).value;
      assert.equal(begin?.kind, 'heartbeat');
      await write(['document:1#viewer@user:a']);
      await write([], ['document:1#viewer@user:a']);
      const [first, second] = await take(iterator, org, 2);
      assert.deepEqual(first?.writes.map(textOf), ['document:1#viewer@user:a']);
      assert.deepEqual(second?.deletes.map(textOf), ['document:1#viewer@user:a']);
      stop();
      assert.equal((await org.inside(() => iterator.next())).done, true);
    });

    it('misses nothing and repeats nothing across a restart, while others write', async () => {
      const { org, write } = await newStore();
      const start = await write(['document:start#viewer@user:a']);
      const total = 60;
      const writing = (async () => {
        for (let i = 0; i < total; i++) await write([`document:${i}#viewer@user:a`]);
      })();
      const seen: string[] = [];
      let { token } = start;
      while (seen.length < total) {
        // Another process each time; the watch goes on after the token of the last change that was seen.
        const { iterator, stop } = watch(service.start(), org, token);
        for (const change of await take(iterator, org, Math.min(7, total - seen.length))) {
          seen.push(...change.writes.map(({ object }) => object));
          token = change.token;
        }
        stop();
        await iterator.return?.(undefined);
      }
      await writing;
      assert.deepEqual(
        seen,
        Array.from({ length: total }, (_, i) => `document:${i}`),
      );
    });

    it('tells of chosen types only, and of no other organization', async () => {
      const { org, write } = await newStore();
      const other = await newStore();
      const { iterator, stop } = watch(process, org, 'now', ['folder']);
      await org.inside(() => iterator.next());
      await other.write(['folder:other#viewer@user:a']);
      await write(['document:1#viewer@user:a']);
      await write(['document:2#viewer@user:a', 'folder:1#viewer@user:a']);
      const [change] = await take(iterator, org, 1);
      assert.deepEqual(change?.writes.map(textOf), ['folder:1#viewer@user:a']);
      stop();
    });

    it('tells of models', async () => {
      const { org, model } = await newStore();
      const { iterator, stop } = watch(process, org, 'now');
      await org.inside(() => iterator.next());
      const [user] = MODEL.type_definitions;
      const { id } = await model({ ...MODEL, type_definitions: [user], conditions: {} });
      const [change] = await take(iterator, org, 1);
      assert.deepEqual([change?.modelId, change?.writes], [id, []]);
      stop();
    });
  });
});
