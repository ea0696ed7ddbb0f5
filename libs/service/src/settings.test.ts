import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartupError } from '@lumo/database';
import { readSettings, SETTINGS, settingsTable } from './settings.js';

describe('settings', () => {
  it('has a value for every documented default', () => {
    const settings = readSettings({});
    assert.equal(settings.LUMO_PORT, 8000);
    assert.equal(settings.baseUrl, 'http://localhost:8000');
    assert.deepEqual(settings.LUMO_TRUSTED_PROXIES, []);
    assert.equal(settings.DATABASE_URL, undefined);
  });

  it('takes the base URL from LUMO_BASE_URL, without a trailing slash', () => {
    assert.equal(readSettings({ LUMO_BASE_URL: 'https://id.example.com/' }).baseUrl, 'https://id.example.com');
  });

  const refused: readonly (readonly [string, string])[] = [
    ['LUMO_PORT', '80a'],
    ['LUMO_PORT', '0'],
    ['LUMO_PORT', '65536'],
    ['LUMO_BASE_URL', 'https://id.example.com/path'],
    ['LUMO_BASE_URL', 'ftp://id.example.com'],
    ['LUMO_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['LUMO_TRUSTED_PROXIES', 'proxy.internal'],
    ['LUMO_TLS_TERMINATORS', 'terminator.internal'],
    ['LUMO_CLIENT_CERT_HEADER', 'client cert'],
    ['LUMO_CLIENT_CERT_VERIFIED', 'x-ssl-client-verify'],
    ['LUMO_MASTER_KEY', 'short'],
    ['DATABASE_URL', 'mysql://u:topsecretvalue@h/db'],
    ['LOG_LEVEL', 'verbose'],
    ['LUMO_RATE_LIMITS', '{"login":-1}'],
    ['LUMO_SERVICE_URL', 'authz:8002'],
    ['LUMO_UPSTREAMS', 'authn'],
  ];
  for (const [name, value] of refused)
    it(`refuses ${name}=${value} in one line`, () =>
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) => {
          assert.ok(error instanceof StartupError);
          assert.match(error.message, new RegExp(`^${name}: got .+, wants .+$`));
          assert.doesNotMatch(error.message, /topsecretvalue/);
          return true;
        },
      ));

  it('documents every setting in the table', () => {
    for (const name of Object.keys(SETTINGS)) assert.ok(settingsTable().includes(`\`${name}\``), name);
  });
});
