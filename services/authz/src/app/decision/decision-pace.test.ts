import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import { DecisionPace } from './decision-pace.js';

const orgs = ['org_a', 'org_b'].map((id) => ({ id, slug: id, status: 'active' }) as unknown as Org);
const [a, b] = orgs as [Org, Org];

function stage() {
  const time = { ms: 0 };
  const taking =
    (ms: number) =>
    <T>(answer: T): T => {
      time.ms += ms;
      return answer;
    };
  return { time, taking, pace: new DecisionPace(() => time.ms) };
}

describe('DecisionPace', () => {
  it('answers in the order of the questions', async () => {
    const { pace, taking } = stage();
    assert.deepEqual(await pace.each(a, [3, 1, 2], taking(30)), [3, 1, 2]);
    assert.deepEqual(await pace.each(a, [], taking(1)), []);
  });

  it('lets others go on between two slow decisions, and not between quick ones', async () => {
    const { pace, taking } = stage();
    let turns = 0;
    const count = async (ms: number) => {
      turns = 0;
      let isDone = false;
      const running = pace.each(a, Array(20).fill(1), taking(ms)).then(() => {
        isDone = true;
      });
      while (!isDone) {
        await new Promise(setImmediate);
        turns++;
      }
      await running;
      return turns;
    };
    assert.ok((await count(20)) >= 19);
    assert.ok((await count(0.1)) <= 2);
  });

  it('refuses an organization that used up its time, also in the middle, and no other', async () => {
    const { pace, taking, time } = stage();
    let decided = 0;
    const slow = () => {
      decided++;
      return taking(100)(true);
    };
    await assert.rejects(pace.each(a, Array(500).fill(1), slow), { code: 'too_many_requests' });
    assert.ok(decided < 150, `${decided} decisions`);
    await assert.rejects(pace.each(a, [1], slow), { code: 'too_many_requests' });
    assert.deepEqual(await pace.each(b, [1], slow), [true]);
    time.ms += 3_000;
    assert.deepEqual(await pace.each(a, [1], slow), [true]);
  });
});
