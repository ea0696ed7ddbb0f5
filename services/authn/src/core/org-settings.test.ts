import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeSection, DEFAULT_SETTINGS } from './org-settings.js';

it('a change of settings replaces only the members it names, also within the password policy', () => {
  const changed = changeSection(DEFAULT_SETTINGS.auth, {
    sessionIdleSeconds: 60,
    passwordPolicy: { requireNumbers: true },
  });
  assert.deepEqual(changed, {
    ...DEFAULT_SETTINGS.auth,
    sessionIdleSeconds: 60,
    passwordPolicy: { ...DEFAULT_SETTINGS.auth.passwordPolicy, requireNumbers: true },
  });
});

it('a list is replaced as a whole', () => {
  const changed = changeSection(DEFAULT_SETTINGS.auth, { dynamicClientScopes: ['openid'] });
  assert.deepEqual(changed.dynamicClientScopes, ['openid']);
});
