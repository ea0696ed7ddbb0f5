import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTimeBound } from './time-bound.js';

describe('a time range', () => {
  const cases: readonly (readonly [string, 'from' | 'to', string | undefined])[] = [
    ['2026-01-31', 'from', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31', 'to', '2026-01-31T23:59:59.999Z'],
    ['2026-01-31T12:30:00Z', 'to', '2026-01-31T12:30:00.000Z'],
    ['2026-01-31T12:30', 'from', '2026-01-31T12:30:00.000Z'],
    ['2026-01-31T12:30:00.5+02:00', 'from', '2026-01-31T10:30:00.500Z'],
    ['2026-02-30', 'from', undefined],
    ['2026-13-01T00:00:00Z', 'from', undefined],
    ['yesterday', 'from', undefined],
    ['1', 'from', undefined],
    ['', 'to', undefined],
  ];
  for (const [text, end, expected] of cases)
    it(`${end} "${text}" is ${expected ?? 'refused'}`, () =>
      assert.equal(parseTimeBound(text, end)?.toISOString(), expected));
});
