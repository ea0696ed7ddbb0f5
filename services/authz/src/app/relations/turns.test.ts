import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from './turns.js';

describe('turns', () => {
  it('lets nothing run at the same time, changes before questions that wait, questions in order', async () => {
    const turns = new Turns();
    const order: string[] = [];
    let running = 0;
    const run = (name: string) => async () => {
      assert.equal(++running, 1);
      order.push(name);
      await new Promise(setImmediate);
      running--;
      return name;
    };
    const all = [
      turns.question(run('q1')),
      turns.question(run('q2')),
      turns.question(run('q3')),
      turns.change(run('c1')),
      turns.change(run('c2')),
    ];
    assert.equal(turns.isTaken, true);
    assert.deepEqual(await Promise.all(all), ['q1', 'q2', 'q3', 'c1', 'c2']);
    assert.deepEqual(order, ['q1', 'c1', 'c2', 'q2', 'q3']);
    assert.equal(turns.isTaken, false);
  });

  it('goes on after one that failed', async () => {
    const turns = new Turns();
    const failing = turns.question(async () => Promise.reject(new Error('no')));
    const next = turns.change(async () => 'yes');
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'yes');
    assert.equal(turns.isTaken, false);
  });

  it('does not let somebody who comes now in between a hand-over', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const first = turns.question(async () => void order.push('first'));
    const second = turns.question(async () => void order.push('second'));
    await first;
    const third = turns.question(async () => void order.push('third'));
    await Promise.all([second, third]);
    assert.deepEqual(order, ['first', 'second', 'third']);
  });
});
