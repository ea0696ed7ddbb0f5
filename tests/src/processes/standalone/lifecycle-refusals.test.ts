import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '@lumo/testing';
import { createDataDir, type DataDir } from '../../shapes/data-dir.js';
import { programEnvironment, startProgram } from '../../shapes/program.js';
import {
  readBootstrap,
  STANDALONE_MAIN,
  type Standalone,
  spawnStandalone,
  startStandalone,
} from '../../shapes/standalone.js';
import { createHttp } from '../../support/http.js';
import { workingIn } from '../process-table.js';
import { refusalOf } from './refusal.js';

describe('A start that cannot be says why in one line and damages nothing', () => {
  let dataDir: DataDir;
  before(async () => {
    dataDir = await createDataDir();
  });
  after(() => dataDir.remove());

  it('the port is taken', async () => {
    const other = createServer((socket) => socket.end('somebody else')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const path = join(dataDir.path, 'busy');
      const line = await refusalOf(spawnStandalone({ dataDir: path, port }));
      assert.match(line, /LUMO_PORT/);
      assert.ok(line.includes(`port ${port}`), line);
      assert.match(line, /is in use/);
      assert.deepEqual(workingIn(path), [], 'no database is left behind');
    } finally {
      other.close();
    }
  });

  it('the data directory is a file', async () => {
    const path = join(dataDir.path, 'file');
    await writeFile(path, 'precious');
    const line = await refusalOf(spawnStandalone({ dataDir: path, port: await freePort() }));
    assert.match(line, /^LUMO_DATA_DIR: /);
    assert.ok(line.includes(path), line);
    assert.equal(await readFile(path, 'utf8'), 'precious');
  });

  it('the data directory would stand below a file', async () => {
    const path = join(dataDir.path, 'below');
    await writeFile(path, 'precious');
    const line = await refusalOf(spawnStandalone({ dataDir: join(path, 'data'), port: await freePort() }));
    assert.match(line, /^LUMO_DATA_DIR: /);
  });

  for (const [content, says] of [
    ['2\n', /newer version of LumoAuth \(layout 2, this one knows 1\)/],
    ['a lot\n', /should hold a layout number/],
  ] as const) {
    it(`the data directory has the layout ${content.trim()}`, async () => {
      const path = join(dataDir.path, `layout-${content.length}`);
      await mkdir(path);
      await writeFile(join(path, 'layout'), content);
      await writeFile(join(path, 'bootstrap.json'), '{"of":"another version"}');
      const line = await refusalOf(spawnStandalone({ dataDir: path, port: await freePort() }));
      assert.match(line, /^LUMO_DATA_DIR: /);
      assert.match(line, says);
      assert.equal(await readFile(join(path, 'layout'), 'utf8'), content);
      assert.equal(await readFile(join(path, 'bootstrap.json'), 'utf8'), '{"of":"another version"}');
      const left = (await readdir(path)).filter((name) => !name.startsWith('lumo.'));
      assert.deepEqual(left.sort(), ['bootstrap.json', 'layout'], 'nothing was made beside it');
    });
  }

  it('a database server that does not answer, without showing its password', async () => {
    const settings = { DATABASE_URL: `postgres://lumo:a-secret-word@127.0.0.1:${await freePort()}/lumo` };
    const path = join(dataDir.path, 'far');
    const line = await refusalOf(spawnStandalone({ dataDir: path, port: await freePort(), settings }));
    assert.match(line, /^DATABASE_URL: /);
    assert.doesNotMatch(line, /a-secret-word/);
  });
});

describe('A second instance on the same data', () => {
  let first: Standalone;
  before(async () => {
    first = await startStandalone();
  });
  afterEach(async () => {
    const { bootstrap, baseUrl, dataDir } = first;
    const path = `/orgs/${bootstrap.org}/api/v1/admin/users`;
    (await createHttp(baseUrl).send('GET', path, { apiKey: bootstrap.apiKey })).expect(200);
    assert.deepEqual(await readBootstrap(dataDir), bootstrap, 'the first instance works on');
  });
  after(() => first.stop());

  it('names the process that has it, on another port', async () => {
    const line = await refusalOf(spawnStandalone({ dataDir: first.dataDir, port: await freePort() }));
    assert.ok(line.includes(`(pid ${first.program.pid})`), line);
    assert.match(line, /LUMO_DATA_DIR/);
  });

  it('names the process that has it, on the same port', async () => {
    const line = await refusalOf(spawnStandalone({ dataDir: first.dataDir, port: first.port }));
    assert.ok(line.includes(`(pid ${first.program.pid})`), line);
  });

  it('and one with data of its own on the same port names the port', async () => {
    const own = await createDataDir();
    const line = await refusalOf(spawnStandalone({ dataDir: own.path, port: first.port }));
    await own.remove();
    assert.match(line, /LUMO_PORT/);
  });
});

describe('A wrong setting stops the start with `NAME: got …, wants …`', () => {
  const WRONG = {
    LUMO_PORT: '65536',
    LUMO_HOST: 'http://localhost',
    LUMO_BASE_URL: 'https://id.example.test/auth',
    LUMO_TRUSTED_PROXIES: '10.0.0.0/33',
    LUMO_MASTER_KEY: 'too-short-a-key',
    LUMO_PREVIOUS_MASTER_KEY: 'too-short-a-key',
    DATABASE_URL: 'mysql://root:hidden@localhost/lumo',
    NATS_URL: 'http://user:hidden@localhost:4222',
    REDIS_URL: 'http://user:hidden@localhost:6379',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector:4317',
    LOG_LEVEL: 'verbose',
    LUMO_PASSWORD_COST: 'm=64,t=0,p=1',
    LUMO_RATE_LIMITS: '{"sign_in":0}',
  } as const;
  const SECRETS: readonly string[] = [
    'LUMO_MASTER_KEY',
    'LUMO_PREVIOUS_MASTER_KEY',
    'DATABASE_URL',
    'NATS_URL',
    'REDIS_URL',
  ];

  let dataDir: DataDir;
  before(async () => {
    dataDir = await createDataDir();
  });
  after(() => dataDir.remove());

  for (const [name, value] of Object.entries(WRONG)) {
    it(name, async () => {
      const env = programEnvironment({ LUMO_DATA_DIR: dataDir.path, [name]: value });
      const line = await refusalOf(startProgram({ args: [STANDALONE_MAIN], env }));
      assert.ok(line.startsWith(`${name}: got `), line);
      assert.match(line, /, wants \S/);
      // The value of a secret is somebody's secret also where it is mistyped.
      assert.equal(line.includes(JSON.stringify(value)), !SECRETS.includes(name), line);
      assert.doesNotMatch(line, /hidden|too-short-a-key/);
      assert.deepEqual(await readdir(dataDir.path), [], 'nothing was touched');
    });
  }
});
