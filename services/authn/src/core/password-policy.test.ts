import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_SETTINGS } from './org-settings.js';
import { checkPassword, normalisePassword } from './password-policy.js';

const plain = DEFAULT_SETTINGS.auth.passwordPolicy;
const owner = { email: 'Grace.Hopper@example.com', username: 'AmazingGrace' };

describe('passwords, NIST SP 800-63B-4 section 3.1.1', () => {
  const cases: readonly [password: string, ok: boolean, why: string][] = [
    ['gravel-tuba-9', true, 'long enough'],
    ['short7!', false, 'seven characters'],
    ['ünïcödé!', true, 'eight characters, however many bytes'],
    ['🦊🦉🐢🦊🐙🦋🐝', false, 'seven emoji, though 14 UTF-16 units'],
    ['🦊🦉🐢🦀🐙🦋🐝🐬', true, 'eight emoji'],
    ['a long sentence with spaces in it', true, 'spaces count'],
    ['x9'.repeat(8), false, 'a repeated block'],
    [`${'correct horse '.repeat(73)}!!`, true, '1024 bytes'],
    [`${'correct horse '.repeat(73)}!!!`, false, '1025 bytes'],
    ['é'.repeat(511).concat('abc'), false, '1025 bytes of UTF-8'],
    ['password', false, 'on the list'],
    ['PassWord', false, 'on the list in another case'],
    ['Password1!', false, 'a listed stem with the usual end'],
    ['iloveyou2024', false, 'a listed stem with a year'],
    ['aaaaaaaaaaaa', false, 'one character'],
    ['abcabcabcabc', false, 'a block again and again'],
    ['abcdefghijkl', false, 'a run up'],
    ['876543210', false, 'a run down'],
    ['grace.hopper@EXAMPLE.com', false, 'the e-mail address'],
    ['grace.hopper', false, 'its local part'],
    ['amazinggrace', false, 'the user name'],
    ['grace.hopper likes ships', true, 'only contains the name'],
    ['nul\0inside it', false, 'NUL'],
    ['a'.repeat(1_000_000), false, 'a megabyte'],
  ];
  for (const [password, expected, why] of cases) {
    it(`${expected ? 'accepts' : 'refuses'} ${JSON.stringify(password.slice(0, 30))}: ${why}`, () => {
      assert.equal(checkPassword(password, plain, owner).ok, expected);
    });
  }

  it('asks for character classes only where the org does', () => {
    const strict = { minLength: 12, requireUppercase: true, requireNumbers: true, requireSpecial: true };
    const tries: readonly [string, boolean][] = [
      ['gravel-tuba-9', false],
      ['Gravel-tuba-x', false],
      ['Gravel0tubaxyz', false],
      ['Gravel-tuba9', true],
      ['Gravel-tub9', false],
    ];
    for (const [password, expected] of tries) {
      assert.equal(checkPassword(password, strict, owner).ok, expected, password);
    }
  });

  it('gives two spellings of one text the same bytes', () => {
    assert.equal(normalisePassword('cafe\u0301-gravel'), normalisePassword('caf\u00e9-gravel'));
  });
});
