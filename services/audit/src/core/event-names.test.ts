import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { namesMeant } from './event-names.js';

const NAMES = ['auth.login.failure', 'auth.login.success', 'user.created', 'user.role.assigned', 'agent.created'];

describe('a filter for actions', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['user.created', ['user.created']],
    ['USER.created', ['user.created']],
    ['login', ['auth.login.failure', 'auth.login.success']],
    ['auth.login', ['auth.login.failure', 'auth.login.success']],
    ['user', ['user.created', 'user.role.assigned']],
    ['user.*', ['user.created', 'user.role.assigned']],
    ['created', ['user.created', 'agent.created']],
    ['use', []],
    ['', []],
    ['%', []],
  ];
  for (const [filter, expected] of cases)
    it(`"${filter}" means ${expected.length}`, () => assert.deepEqual(namesMeant(filter, NAMES), expected));
});
