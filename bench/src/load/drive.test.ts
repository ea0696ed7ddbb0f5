import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { drive } from './drive.js';

/** Long enough that only the number of operations ends it. */
const UNTIL_COUNTED = { warmUpMs: 0, measureMs: 60_000 };

describe('driving load', () => {
  it('stops at the number of operations', async () => {
    const { operations, failures, seconds } = await drive([async () => void (await nextTurn())], {
      ...UNTIL_COUNTED,
      maxOperations: 50,
    });
    assert.ok(operations >= 50);
    assert.equal(failures, 0);
    assert.ok(seconds > 0);
  });

  it('lets every user have one operation at a time, side by side', async () => {
    const atWork = [0, 0];
    let most = 0;
    const user = (index: number) => async () => {
      atWork[index] = (atWork[index] ?? 0) + 1;
      assert.equal(atWork[index], 1);
      most = Math.max(most, (atWork[0] ?? 0) + (atWork[1] ?? 0));
      await nextTurn();
      atWork[index] = 0;
    };
    await drive([user(0), user(1)], { ...UNTIL_COUNTED, maxOperations: 20 });
    assert.equal(most, 2);
  });

  it('does not count what the warm-up did', async () => {
    let all = 0;
    let inWindow = 0;
    let measuring = false;
    const { operations } = await drive(
      [
        async () => {
          await nextTurn();
          all++;
          if (measuring) inWindow++;
        },
      ],
      {
        warmUpMs: 20,
        measureMs: 20,
        onStart: () => {
          measuring = true;
        },
        onEnd: () => {
          measuring = false;
        },
      },
    );
    assert.ok(operations <= inWindow + 1);
    assert.ok(operations < all);
  });

  it('counts failures and keeps the first reason', async () => {
    let count = 0;
    const driven = await drive(
      [
        async () => {
          await nextTurn();
          if (count++ % 2 === 1) throw new Error(`refused ${count}`);
        },
      ],
      { ...UNTIL_COUNTED, maxOperations: 10 },
    );
    assert.ok(driven.failures >= 8);
    assert.equal(driven.firstFailure, 'refused 2');
  });

  it('ends by itself and says why where nothing succeeds', async () => {
    await assert.rejects(
      drive(
        [
          async () => {
            await nextTurn();
            throw new Error('401');
          },
        ],
        UNTIL_COUNTED,
      ),
      /not one operation succeeded: 401/,
    );
  });

  it('keeps to a rate, and counts from when an operation was due', async () => {
    let atWork = 0;
    const pace = { warmUpMs: 0, measureMs: 60_000, perSecond: 1000 };
    const { operations, seconds } = await drive(
      [
        async () => {
          atWork++;
          await nextTurn();
        },
      ],
      { ...pace, maxOperations: 100 },
    );
    assert.ok(operations >= 100 && operations <= atWork);
    assert.ok(seconds > 0);
    const blocked = await drive(
      [
        async () => {
          const untilMs = performance.now() + 5;
          while (performance.now() < untilMs);
          await nextTurn();
        },
      ],
      { ...pace, maxOperations: 20 },
    );
    assert.ok(blocked.latencyMs.max > 50, 'the twentieth waited for the nineteen before it');
  });
});
