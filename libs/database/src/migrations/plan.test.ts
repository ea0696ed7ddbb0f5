import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartupError } from '../startup-error.js';
import type { MigrationFile } from './migration-files.js';
import { planMigrations } from './plan.js';

const file = (source: string, name: string, checksum = `sum of ${name}`): MigrationFile => ({
  source,
  name,
  sql: '',
  checksum,
});

describe('which migrations are to run', () => {
  const files = [file('messaging', '0001_outbox'), file('authz', '0001_roles'), file('authz', '0002_grants')];
  const plan = (landed: readonly MigrationFile[], known = files) =>
    planMigrations('authz', known, landed).map((migration) => `${migration.source}/${migration.name}`);
  const refusal = (code: StartupError['code'], text: RegExp) => (error: unknown) =>
    error instanceof StartupError && error.code === code && text.test(error.message);

  it('all of them, folder by folder, in an empty schema', () => {
    assert.deepEqual(plan([]), ['messaging/0001_outbox', 'authz/0001_roles', 'authz/0002_grants']);
  });

  it('those that have not landed', () => {
    assert.deepEqual(plan(files.slice(0, 2)), ['authz/0002_grants']);
    assert.deepEqual(plan(files), []);
  });

  it('a new folder beside one that is already further', () => {
    assert.deepEqual(plan(files.slice(1)), ['messaging/0001_outbox']);
  });

  it('none where the data is newer than the code', () => {
    assert.throws(() => plan([...files, file('authz', '0003_later')]), refusal('data_newer', /authz\/0003_later/));
    assert.throws(() => plan([file('billing', '0001_first')]), refusal('data_newer', /billing\/0001_first/));
  });

  it('none where a landed file was edited', () => {
    const edited = file('authz', '0001_roles', 'another sum');
    assert.throws(() => plan([edited]), refusal('migration_changed', /authz\/0001_roles was edited/));
  });

  it('none where a file was put in before a landed one', () => {
    const landed = [files[0], files[2]].filter((migration) => migration !== undefined);
    assert.throws(() => plan(landed), refusal('migration_order', /authz\/0001_roles is numbered below 0002_grants/));
  });
});
