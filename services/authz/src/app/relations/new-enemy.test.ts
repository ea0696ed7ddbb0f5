import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestService, type TestService } from '../../store/test-org.fixture.js';
import type { Consistency } from './consistency.js';
import { testNews, through } from './relations.fixture.js';

const ROUNDS = process.env.LUMO_TEST_LONG === '1' ? 10_000 : 150;

/** Of 0 to `bound`, the same sequence in every run. */
function sequence(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe('28 the new enemy, with two replicas, concurrent writers and news that stops and comes back', () => {
  let service: TestService;
  before(async () => {
    service = await startTestService();
  });
  after(() => service.close());

  it(`sees nothing that was taken from them before, in ${ROUNDS} rounds`, { timeout: 900_000 }, async () => {
    const news = testNews();
    const org = await service.newOrg();
    const replicas = [0, 1].map(() => through(service.start({ news: news.channel() }), org));
    const [first] = replicas;
    assert.ok(first);
    await first.model();
    await first.write(['group:staff#member@user:boss', 'folder:secret#viewer@group:staff#member']);
    const pick = sequence(28);
    const at = (n: number) => replicas[n] ?? first;

    let isOver = false;
    const noise = (async () => {
      for (let i = 0; !isOver; i++) {
        const tuple = `document:noise#viewer@user:${i % 7}`;
        await at(i % 2).write([tuple], [], { onDuplicate: 'ignore' });
        await at((i + 1) % 2).write([], [tuple], { onMissing: 'ignore' });
      }
    })();

    for (let round = 0; round < ROUNDS; round++) {
      news.lose = pick(3) === 0;
      news.delayMs = pick(4) * 5;
      const [eve, document] = [`user:eve${round % 5}`, `document:${round}`];
      const [writer, reader] = [pick(2), pick(2)];
      const given = await at(writer).write([`group:staff#member@${eve}`]);
      assert.equal(await at(reader).allowed(`folder:secret#viewer@${eve}`, { at_least_as_fresh: given.token }), true);
      // Eve leaves; then the content changes: it is put where staff can see it, by whichever replica.
      await at(pick(2)).write([], [`group:staff#member@${eve}`]);
      const { token } = await at(pick(2)).write([`${document}#parent@folder:secret`]);
      const consistency: Consistency =
        ([{ at_least_as_fresh: token }, { at_exact_snapshot: token }, 'fully_consistent'] as const)[pick(3)] ??
        'fully_consistent';
      const [enemy, boss] = await Promise.all([
        at(pick(2)).allowed(`${document}#viewer@${eve}`, consistency),
        at(pick(2)).allowed(`${document}#viewer@user:boss`, consistency),
      ]);
      assert.equal(enemy, false, `round ${round}: ${JSON.stringify(consistency)}`);
      assert.equal(boss, true, `round ${round}: ${JSON.stringify(consistency)}`);
    }
    isOver = true;
    await noise;
  });
});
