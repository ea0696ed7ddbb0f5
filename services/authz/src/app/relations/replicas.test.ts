import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { DomainError } from '@lumo/kit';
import { startTestService, type TestProcess, type TestService } from '../../store/test-org.fixture.js';
import { MODEL, testNews, through } from './relations.fixture.js';

const refusedAs = (code: string, reason?: string) => (error: unknown) => {
  const { code: got, details } = error as DomainError;
  return got === code && (reason === undefined || details?.reason === reason);
};

describe('28 two processes over one database', () => {
  let service: TestService;
  /** They do not hear each other, and what they know of each other is as old as it may be. */
  let one: TestProcess;
  let two: TestProcess;
  before(async () => {
    service = await startTestService();
    one = service.start();
    two = service.start();
  });
  after(() => service.close());

  const newStore = async () => {
    const org = await service.newOrg();
    const [here, there] = [through(one, org), through(two, org)];
    await here.model();
    await here.write(['folder:a#viewer@group:x#member']);
    // Both have the store in memory, and know that nothing changed.
    assert.equal(await there.allowed('folder:a#viewer@user:anne'), false);
    assert.equal(await here.allowed('folder:a#viewer@user:anne'), false);
    return { org, here, there };
  };

  it('knows what it wrote itself at once', async () => {
    const { here } = await newStore();
    for (let i = 0; i < 20; i++) {
      await here.write([`group:x#member@user:${i}`]);
      assert.equal(await here.allowed(`folder:a#viewer@user:${i}`), true);
    }
  });

  it('knows elsewhere what a token stands for', async () => {
    const { here, there } = await newStore();
    for (let i = 0; i < 20; i++) {
      const { token } = await here.write([`group:x#member@user:${i}`]);
      assert.equal(await there.allowed(`folder:a#viewer@user:${i}`, { at_least_as_fresh: token }), true);
      const gone = await here.write([], [`group:x#member@user:${i}`]);
      assert.equal(await there.allowed(`folder:a#viewer@user:${i}`, { at_least_as_fresh: gone.token }), false);
    }
  });

  it('knows everything that was committed before a fully consistent question', async () => {
    const { here, there } = await newStore();
    for (let i = 0; i < 20; i++) {
      await here.write([`group:x#member@user:${i}`]);
      assert.equal(await there.allowed(`folder:a#viewer@user:${i}`, 'fully_consistent'), true);
    }
  });

  it('may miss elsewhere what is younger than a second, and nothing older', async () => {
    const { here, there } = await newStore();
    await here.write(['group:x#member@user:anne']);
    await wait(1_050);
    assert.equal(await there.allowed('folder:a#viewer@user:anne'), true);
  });

  it('new enemy A: content that was changed after access was taken is not seen by who had it', async () => {
    const { here, there } = await newStore();
    await here.write(['document:1#viewer@user:eve']);
    assert.equal(await there.allowed('document:1#viewer@user:eve', 'fully_consistent'), true);
    await here.write([], ['document:1#viewer@user:eve']);
    // The content is stored with the token of a fully consistent check of who changes it.
    const { token } = await here.check('document:1#viewer@user:anne', 'fully_consistent');
    assert.equal(await there.allowed('document:1#viewer@user:eve', { at_least_as_fresh: token }), false);
  });

  it('new enemy B: the order of two changes is the same everywhere', async () => {
    const { here, there } = await newStore();
    await here.write(['folder:b#viewer@user:eve', 'document:1#parent@folder:c']);
    const first = await here.write([], ['folder:b#viewer@user:eve']);
    const second = await here.write(['document:1#parent@folder:b'], ['document:1#parent@folder:c']);
    assert.ok(second.revision > first.revision);
    assert.equal(await there.allowed('document:1#viewer@user:eve', { at_least_as_fresh: second.token }), false);
  });

  it('answers exactly at the state of a token, also elsewhere and after the model changed', async () => {
    const { org, here, there } = await newStore();
    const empty = await here.check('document:1#viewer@user:anne');
    const viewer = await here.write(['document:1#viewer@user:anne']);
    const blocked = await here.write(['document:1#blocked@user:anne']);
    await here.write([], ['document:1#viewer@user:anne', 'document:1#blocked@user:anne']);
    const readded = await here.write(['document:1#viewer@user:anne']);
    const [user, group, folder] = MODEL.type_definitions;
    await here.model({ ...MODEL, type_definitions: [user, group, folder], conditions: {} });
    for (const process of [here, there, through(service.start(), org)]) {
      const at = ({ token }: { token: string }) =>
        process.check('document:1#viewer@user:anne', { at_exact_snapshot: token });
      for (const [state, allowed] of [
        [empty, false],
        [viewer, true],
        [blocked, false],
        [readded, true],
        [viewer, true],
      ] as const) {
        const answer = await at(state);
        assert.equal(answer.allowed, allowed);
        assert.equal(answer.token, state.token);
      }
      await assert.rejects(process.allowed('document:1#viewer@user:anne'), refusedAs('type_not_found'));
    }
  });

  it('says so where too much changed since an exact state', async () => {
    const { here } = await newStore();
    const { token } = await here.check('document:1#viewer@user:anne');
    for (let i = 0; i < 11; i++) {
      await here.write(Array.from({ length: 1_000 }, (_, n) => `document:${i}#viewer@user:${n}`));
    }
    await assert.rejects(
      here.check('document:1#viewer@user:anne', { at_exact_snapshot: token }),
      refusedAs('snapshot_unavailable'),
    );
  });

  it('refuses tokens of another organization, of another epoch, forged ones and those from the future', async () => {
    const { org, here } = await newStore();
    const other = await newStore();
    const { token } = await other.here.check('folder:a#viewer@user:anne');
    const own = await here.check('folder:a#viewer@user:anne');
    const graphs = one.deps.relations.graphs;
    const future = await here.inside(() => graphs.tokenAt(org.org, 1_000_000));
    const flipped = `${own.token.slice(0, 20)}${own.token[20] === 'A' ? 'B' : 'A'}${own.token.slice(21)}`;
    for (const [bad, reason] of [
      [token, 'other_org'],
      [flipped, 'malformed'],
      ['', 'malformed'],
      [`${own.token}=`, 'malformed'],
      [future, 'unknown_revision'],
    ] as const) {
      for (const consistency of [{ at_least_as_fresh: bad }, { at_exact_snapshot: bad }]) {
        await assert.rejects(
          here.check('folder:a#viewer@user:anne', consistency),
          refusedAs('consistency_token_invalid', reason),
        );
      }
    }
    assert.equal(await here.allowed('folder:a#viewer@user:anne', { at_least_as_fresh: own.token }), false);
    await service.database.admin('delete from authz.storage_epoch');
    const restored = through(service.start(), org);
    await assert.rejects(
      restored.check('folder:a#viewer@user:anne', { at_least_as_fresh: own.token }),
      refusedAs('consistency_token_invalid', 'other_epoch'),
    );
    assert.equal(await restored.allowed('folder:a#viewer@user:anne'), false);
    // For the tests after this one: processes know one epoch for as long as they live.
    one = service.start();
    two = service.start();
  });

  it('rests on no revision of roles, and roles on none of tuples', async () => {
    const { org, here } = await newStore();
    const before = await here.check('folder:a#viewer@user:anne');
    await here.inside((ctx) => one.app.createPermission(ctx, { slug: 'x.y' }));
    const after = await here.check('folder:a#viewer@user:anne', 'fully_consistent');
    assert.equal(after.revision, before.revision + 1);
    const [marks] = await service.database.admin<{ roles_at: string; relations_at: string }>(
      'select roles_at, relations_at from authz.graph_revisions where org = $1',
      [org.org.id],
    );
    assert.equal(Number(marks?.relations_at), before.revision);
    assert.equal(Number(marks?.roles_at), after.revision);
  });

  it('lists page after page at one revision while others write, also elsewhere', async () => {
    const { org, here, there } = await newStore();
    const names = Array.from({ length: 25 }, (_, i) => `document:${String(i).padStart(2, '0')}`);
    await here.write(names.map((name) => `${name}#viewer@user:anne`));
    const listed: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; ; page++) {
      const through = page % 2 ? two : one;
      const found = await here.inside((ctx) =>
        through.app.listObjects(ctx, {
          objectType: 'document',
          relation: 'viewer',
          subject: 'user:anne',
          limit: 10,
          consistency: 'fully_consistent',
          ...(cursor !== undefined && { cursor }),
        }),
      );
      listed.push(...found.objects);
      cursor = found.cursor;
      if (cursor === undefined) break;
      await there.write([`document:${20 + page}x#viewer@user:anne`], [`${names[20 + page]}#viewer@user:anne`]);
    }
    assert.deepEqual(listed, names);
    await assert.rejects(
      here.inside((ctx) =>
        one.app.listObjects(ctx, { objectType: 'document', relation: 'owner', subject: 'user:anne', cursor: 'x' }),
      ),
      refusedAs('cursor_invalid'),
    );
    assert.ok(org);
  });
});

describe('processes that hear each other', () => {
  let service: TestService;
  before(async () => {
    service = await startTestService();
  });
  after(() => service.close());

  const pair = async () => {
    const news = testNews();
    const [one, two] = [service.start({ news: news.channel() }), service.start({ news: news.channel() })];
    const org = await service.newOrg();
    const [here, there] = [through(one, org), through(two, org)];
    await here.model();
    await here.write(['folder:a#viewer@group:x#member']);
    await there.allowed('folder:a#viewer@user:anne');
    return { news, org, here, there, two };
  };

  it('know a change milliseconds later', async () => {
    const { here, there } = await pair();
    for (let i = 0; i < 20; i++) {
      await here.write([`group:x#member@user:${i}`]);
      await wait(20);
      assert.equal(await there.allowed(`folder:a#viewer@user:${i}`), true);
    }
  });

  it('are right although messages are lost, late, repeated and out of order', async () => {
    const { news, here, there } = await pair();
    for (let i = 0; i < 60; i++) {
      news.lose = i % 5 === 1;
      news.delayMs = (i * 7) % 20;
      const isIn = i % 2 === 0;
      const tuple = `group:x#member@user:${(i >> 1) % 4}`;
      const { token } = isIn ? await here.write([tuple]) : await here.write([], [tuple]);
      if (i % 3 === 0) await wait(5);
      const question = `folder:a#viewer@user:${(i >> 1) % 4}`;
      assert.equal(await there.allowed(question, { at_least_as_fresh: token }), isIn, `step ${i}`);
    }
  });

  it('do not believe news of another history', async () => {
    const { news, here, there, two } = await pair();
    const publish = news.channel().publish;
    const { revision } = await here.write(['group:x#member@user:anne']);
    await wait(20);
    const forged = {
      epoch: '0000000000000000',
      orgId: (await service.newOrg()).org.id,
      revision: revision + 1,
      touched: ['relations'],
      relations: [],
    };
    publish(Buffer.concat([Buffer.alloc(8), Buffer.from(JSON.stringify(forged))]));
    await wait(20);
    assert.equal(await there.allowed('folder:a#viewer@user:anne'), true);
    assert.ok(two);
  });
});
