import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '@lumo/testing';
import { createDataDir, type DataDir } from '../../shapes/data-dir.js';
import type { Program } from '../../shapes/program.js';
import type { Bootstrap } from '../../shapes/shape.js';
import { readBootstrap, type Standalone, spawnStandalone, startStandalone } from '../../shapes/standalone.js';
import { createHttp } from '../../support/http.js';
import { signIn } from '../../support/sign-in.js';
import { tokenEndpoint } from '../../support/tokens.js';
import { waitUntil } from '../../support/wait-until.js';
import { familyOf, stillRunning, workingIn } from '../process-table.js';

/** Every member of `bootstrap.json`, as the first start promises it. */
const SHAPE = {
  baseUrl: 'string',
  org: 'string',
  issuer: 'string',
  admin: { email: 'string', password: 'string' },
  alice: { email: 'string', password: 'string' },
  apiKey: 'string',
  instanceKey: 'string',
  clients: {
    spa: { clientId: 'string', redirectUris: 'array' },
    m2m: { clientId: 'string', clientSecret: 'string' },
  },
  agent: { clientId: 'string', clientSecret: 'string' },
};

describe('The first start, and a clean end', () => {
  let dataDir: DataDir;
  let standalone: Standalone | undefined;
  let bootstrap: Bootstrap;
  before(async () => {
    dataDir = await createDataDir();
    standalone = await startStandalone({ dataDir: dataDir.path });
    ({ bootstrap } = standalone);
  });
  after(async () => {
    await standalone?.program.end('SIGTERM');
    await dataDir.remove();
  });

  it('writes bootstrap.json for its owner alone, with exactly what was promised', async () => {
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    assert.equal(await modeOf(join(dataDir.path, 'bootstrap.json')), '600');
    assert.equal(await modeOf(join(dataDir.path, 'master.key')), '600');
    assert.deepEqual(shapeOf(bootstrap), SHAPE);
    assert.equal(bootstrap.org, 'acme-corp');
    assert.equal(bootstrap.baseUrl, standalone?.baseUrl);
    assert.equal(bootstrap.issuer, `${bootstrap.baseUrl}/orgs/acme-corp/api/v1`);
    for (const uri of bootstrap.clients.spa.redirectUris) {
      assert.match(new URL(uri).hostname, /^(localhost|127\.0\.0\.1)$/, 'the redirects of the app lead to loopback');
    }
    const passwords = [bootstrap.admin.password, bootstrap.alice.password];
    for (const password of passwords) assert.ok(password.length >= 16, 'nothing has a default password');
    assert.equal(new Set(passwords).size, 2);
  });

  it('every credential in it works', () => proveCredentials(bootstrap));

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} ends it with code 0, and with it every child and the port`, async () => {
      standalone ??= await startStandalone({ dataDir: dataDir.path });
      const { program, port } = standalone;
      const family = familyOf(program.pid);
      assert.ok(family.length > 1, 'the database is a child');
      const ending = await program.end(signal);
      standalone = undefined;
      assert.deepEqual(ending, { code: 0, signal: null }, program.output());
      assert.deepEqual(stillRunning(family), []);
      assert.deepEqual(workingIn(dataDir.path), []);
      for (const host of ['127.0.0.1', '::1']) assert.equal(await accepts(host, port), false, `${host}:${port}`);
    });
  }

  it('starts again on the same data and changes none of the credentials', async () => {
    standalone = await startStandalone({ dataDir: dataDir.path, port: Number(new URL(bootstrap.baseUrl).port) });
    assert.deepEqual(await readBootstrap(dataDir.path), bootstrap);
    await proveCredentials(bootstrap);
  });
});

describe('A signal in the middle of the first start', () => {
  let dataDir: DataDir;
  let program: Program | undefined;
  before(async () => {
    dataDir = await createDataDir();
  });
  after(async () => {
    await program?.end('SIGTERM');
    await dataDir.remove();
  });

  for (const [moment, file] of [
    ['while the database is made', 'postgres/data.new/PG_VERSION'],
    ['while the database starts', 'postgres/data/postmaster.pid'],
    ['while the first org is seeded', 'bootstrap.incomplete.json'],
  ] as const) {
    it(`${moment}: ends cleanly and leaves no process`, async () => {
      const running = spawnStandalone({ dataDir: dataDir.path, port: await freePort() });
      program = running;
      await waitUntil(async () => existsSync(join(dataDir.path, file)), {
        what: moment,
        everyMs: 1,
        unless: () => (running.hasEnded() ? running.output() : undefined),
      });
      const ending = await running.end('SIGTERM');
      assert.deepEqual(ending, { code: 0, signal: null }, running.output());
      assert.deepEqual(workingIn(dataDir.path), []);
    });
  }

  it('the next start completes it', async () => {
    const standalone = await startStandalone({ dataDir: dataDir.path });
    program = standalone.program;
    await proveCredentials(standalone.bootstrap);
  });
});

async function proveCredentials(bootstrap: Bootstrap): Promise<void> {
  const { baseUrl, org, apiKey, instanceKey, admin, alice, clients, agent } = bootstrap;
  const http = createHttp(baseUrl);
  const api = `/orgs/${org}/api/v1`;
  const oauth = tokenEndpoint(http, api);
  (await http.send('GET', `${api}/admin/users`, { apiKey })).expect(200);
  (await http.send('GET', '/api/v1/instance/orgs', { bearer: instanceKey })).expect(200);
  for (const { clientId, clientSecret } of [clients.m2m, agent]) {
    await oauth.grant({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  }
  const [redirectUri = ''] = clients.spa.redirectUris;
  for (const person of [admin, alice]) {
    await signIn(http, { apiPath: api, client: { clientId: clients.spa.clientId, redirectUri }, person });
  }
}

/** The members of a value and their types. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
