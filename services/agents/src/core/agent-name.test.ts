import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentName } from './agent-name.js';

describe('name of an agent', () => {
  it('is trimmed and NFC', () =>
    assert.deepEqual(parseAgentName('  Cafe\u0301 bot '), { ok: true, value: 'Café bot' }));

  for (const [what, text, reason] of [
    ['nothing but spaces', '   ', 'empty'],
    ['201 characters', 'x'.repeat(201), 'too_long'],
    ['a line break', 'Invoice\nbot', 'invisible'],
    ['a zero-width space', 'Invoice\u200bbot', 'invisible'],
    ['a right-to-left override', 'Invoice\u202ebot', 'invisible'],
  ] as const)
    it(`refuses ${what}`, () => {
      const parsed = parseAgentName(text);
      assert.equal(parsed.ok ? 'accepted' : parsed.error.reason, reason);
    });
});
