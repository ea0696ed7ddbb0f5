import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LoggedChange } from '../../relation-ports.js';
import { ChangeTail, KEPT_OPS } from './change-tail.js';
import { t } from './relations.fixture.js';
import { keyOf } from './tuple-request.js';

const at = new Date(0);
const A = t('document:1#viewer@user:a');
const B = t('document:1#viewer@user:b');

function change(revision: number, more: Partial<LoggedChange>): LoggedChange {
  return { revision, at, writes: [], deletes: [], ...more };
}

describe('the tail of changes', () => {
  it('undoes what came after a revision, and only that', () => {
    const tail = new ChangeTail(10);
    const conditioned = { ...B, condition: { name: 'office' } };
    tail.push(change(11, { writes: [A] }));
    tail.push(change(13, { writes: [conditioned], deletes: [A] }));
    tail.push(change(14, { deletes: [conditioned] }));
    assert.equal(tail.rewindTo(14), undefined);
    assert.equal(tail.rewindTo(20), undefined);
    assert.deepEqual(tail.rewindTo(13), { present: [conditioned], absent: [] });
    for (const revision of [11, 12]) assert.deepEqual(tail.rewindTo(revision), { present: [A], absent: [B] });
    assert.deepEqual(tail.rewindTo(10)?.absent.map(keyOf).sort(), [A, B].map(keyOf).sort());
  });

  it('reaches as far back as what it was given', () => {
    const tail = new ChangeTail(10);
    assert.deepEqual([tail.reaches(9), tail.reaches(10)], [false, true]);
    tail.push(change(12, { writes: [A] }));
    tail.extend(5, [change(7, { deletes: [A] }), change(12, { writes: [A] })]);
    assert.deepEqual([tail.reaches(4), tail.reaches(5)], [false, true]);
    assert.deepEqual(tail.rewindTo(6), { present: [A], absent: [] });
    assert.deepEqual(tail.rewindTo(8), { present: [], absent: [A] });
  });

  it('forgets the oldest where there are too many tuples', () => {
    const tail = new ChangeTail(0);
    const many = Array.from({ length: KEPT_OPS / 2 }, (_, i) => t(`document:${i}#viewer@user:a`));
    tail.push(change(1, { writes: many }));
    assert.equal(tail.reaches(0), true);
    tail.push(change(2, { deletes: many }));
    assert.deepEqual([tail.reaches(0), tail.reaches(1)], [false, true]);
    assert.equal(tail.rewindTo(1)?.present.length, many.length);
  });

  it('knows whether the model changed since', () => {
    const tail = new ChangeTail(0);
    tail.push(change(3, { modelId: 'm' }));
    assert.deepEqual([tail.hasModelSince(2), tail.hasModelSince(3)], [true, false]);
  });
});
