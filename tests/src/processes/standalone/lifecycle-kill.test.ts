import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '@lumo/testing';
import { createDataDir, type DataDir } from '../../shapes/data-dir.js';
import { readPostmaster } from '../../shapes/embedded-database-url.js';
import type { Program } from '../../shapes/program.js';
import {
  readBootstrap,
  type Standalone,
  type StandaloneOptions,
  spawnStandalone,
  startStandalone,
} from '../../shapes/standalone.js';
import { auditLog } from '../../support/audit-log.js';
import { createHttp } from '../../support/http.js';
import { signIn } from '../../support/sign-in.js';
import { tokenEndpoint } from '../../support/tokens.js';
import { waitUntil } from '../../support/wait-until.js';
import { stillRunning, workingIn } from '../process-table.js';

describe('kill -9 of a running platform', () => {
  let dataDir: DataDir;
  let port: number;
  let standalone: Standalone;
  const api = '/orgs/acme-corp/api/v1';
  const start = (options: StandaloneOptions = {}) => startStandalone({ dataDir: dataDir.path, port, ...options });
  before(async () => {
    dataDir = await createDataDir();
    port = await freePort();
    standalone = await start();
  });
  after(async () => {
    await standalone.program.end('SIGTERM');
    await dataDir.remove();
  });

  /** Users whose creation was acknowledged, the last of them a moment ago. */
  async function createUsers(label: string): Promise<readonly string[]> {
    const { baseUrl, bootstrap } = standalone;
    const http = createHttp(baseUrl);
    await http.description();
    const ids = Array.from({ length: 6 }, async (_, index) => {
      const password = randomBytes(18).toString('base64url');
      const json = { email: `${label}${index}@acme-corp.example`, password, name: 'Una User' };
      const answer = await http.send('POST', `${api}/admin/users`, { apiKey: bootstrap.apiKey, json });
      return answer.expect(201).json<{ data: { id: string } }>().data.id;
    });
    return Promise.all(ids);
  }

  /** Every user is there, and the log has the creation of each exactly once. */
  async function requireUsers(ids: readonly string[]): Promise<void> {
    const http = createHttp(standalone.baseUrl);
    const { apiKey } = standalone.bootstrap;
    for (const id of ids) (await http.send('GET', `${api}/admin/users/${id}`, { apiKey })).expect(200);
    const log = auditLog(http, api, apiKey);
    for (const id of ids) await log.find('user.created', ({ targetId }) => targetId === id);
    const entries = await log.list({ action: 'user.created' });
    const created = entries.map(({ targetId }) => targetId ?? '').filter((id) => ids.includes(id));
    assert.deepEqual(created.sort(), [...ids].sort(), 'each creation is recorded once');
  }

  it('loses nothing that was acknowledged, and its successor ends the database that was left behind', async () => {
    const before = await readBootstrap(dataDir.path);
    const orphans = workingIn(dataDir.path);
    assert.ok(orphans.length > 0, 'the database works in the data directory');
    const ids = await createUsers('killed');
    await standalone.program.end('SIGKILL');
    assert.notDeepEqual(stillRunning(orphans), [], 'nothing stops the database of a killed process');

    standalone = await start();
    assert.deepEqual(await readBootstrap(dataDir.path), before);
    const { pid } = await readPostmaster(dataDir.path);
    assert.ok(!orphans.some((one) => one.pid === pid), 'the database is a new one');
    assert.deepEqual(stillRunning(orphans), []);
    await requireUsers(ids);
  });

  it('loses nothing either when the database is killed with it', async () => {
    const ids = await createUsers('power');
    const { pid } = await readPostmaster(dataDir.path);
    const family = workingIn(dataDir.path);
    standalone.program.child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await standalone.program.ended;

    standalone = await start();
    assert.deepEqual(stillRunning(family), []);
    await requireUsers(ids);
  });

  it('does not outlive its database: it ends with a code, and starts again with everything', async () => {
    const ids = await createUsers('crash');
    process.kill((await readPostmaster(dataDir.path)).pid, 'SIGKILL');
    const { code, signal } = await standalone.program.ended;
    assert.deepEqual({ code, signal }, { code: 1, signal: null });
    assert.match(standalone.program.output(), /the database server ended; start again/);

    standalone = await start();
    await requireUsers(ids);
  });
});

describe('kill -9 in the middle of the first start', () => {
  let dataDir: DataDir;
  let program: Program | undefined;
  before(async () => {
    dataDir = await createDataDir();
  });
  afterEach(async () => {
    await program?.end('SIGTERM');
  });
  after(async () => {
    await dataDir.remove();
  });

  const has = (...path: string[]) => existsSync(join(dataDir.path, ...path));
  const draft = (): { apiKey?: string } => {
    const file = join(dataDir.path, 'bootstrap.incomplete.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { apiKey?: string }) : {};
  };

  for (const [moment, come] of [
    ['while the database is made', () => has('postgres', 'data.new')],
    ['while the database starts for the first time', () => has('postgres', 'data', 'postmaster.pid')],
    ['after the secrets of the seed are chosen', () => has('bootstrap.incomplete.json')],
    ['after the org is there', () => draft().apiKey !== undefined],
  ] as const) {
    it(moment, async () => {
      const running = spawnStandalone({ dataDir: dataDir.path, port: await freePort() });
      program = running;
      await waitUntil(async () => come(), {
        what: moment,
        everyMs: 1,
        unless: () => (running.hasEnded() ? running.output() : undefined),
      });
      await running.end('SIGKILL');
      assert.equal(has('bootstrap.json'), false, 'the seed was not complete');
    });
  }

  it('the next start completes the seed, and everything in it works', async () => {
    const standalone = await startStandalone({ dataDir: dataDir.path });
    program = standalone.program;
    const { bootstrap, baseUrl } = standalone;
    assert.equal(has('bootstrap.incomplete.json'), false, 'no draft of a secret stays');
    const http = createHttp(baseUrl);
    const api = `/orgs/${bootstrap.org}/api/v1`;
    for (const { clientId, clientSecret } of [bootstrap.clients.m2m, bootstrap.agent]) {
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
      await tokenEndpoint(http, api).grant(form);
    }
    const { clientId, redirectUris } = bootstrap.clients.spa;
    const client = { clientId, redirectUri: redirectUris[0] ?? '' };
    for (const person of [bootstrap.admin, bootstrap.alice]) await signIn(http, { apiPath: api, client, person });
    for (const [collection, count] of [
      ['users', 2],
      ['clients', 2],
      ['agents', 1],
    ] as const) {
      const answer = await http.send('GET', `${api}/admin/${collection}`, { apiKey: bootstrap.apiKey });
      const { pagination } = answer.expect(200).json<{ pagination: { total: number } }>();
      assert.equal(pagination.total, count, `${collection} were not created twice`);
    }
  });
});
