import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { StartupError } from '../startup-error.js';
import { isRunning } from './is-running.js';
import { startEmbeddedPostgres } from './start-embedded-postgres.js';

const refused = (code: StartupError['code'], text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StartupError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await delay(5);
}

/** Another process with a server on `dataDir`; it prints `{pid, adminUrl}` when the server is ready. */
interface Parent {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly adminUrl: string;
}

const SCRIPT = `
  import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./start-embedded-postgres.js', import.meta.url))};
  const server = await startEmbeddedPostgres({ dataDir: process.argv[1] });
  console.log(JSON.stringify({ pid: server.pid, adminUrl: server.adminUrl }));
  if (process.argv[2] === 'throw') setTimeout(() => { throw new Error('a bug'); });
  else setInterval(() => {}, 1000);
`;

async function startParent(dataDir: string, mode = 'wait', user?: { uid: number; gid: number }): Promise<Parent> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, dataDir, mode], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...user,
  });
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${code}`))),
  ]);
  return { child, ...(JSON.parse(String(line)) as { pid: number; adminUrl: string }) };
}

describe('embedded PostgreSQL', () => {
  let root: string;
  let dataDir: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lumo-embedded-'));
    dataDir = join(root, 'postgres');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('starts, keeps its data over a restart, and leaves nothing behind', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await query(first.adminUrl, 'create table kept (id int); insert into kept values (7)');
    await Promise.all([first.stop(), first.stop()]);
    assert.equal(isRunning(first.pid), false);
    await assert.rejects(stat(join(dataDir, 'data', 'postmaster.pid')), /ENOENT/);
    const second = await startEmbeddedPostgres({ dataDir });
    try {
      assert.deepEqual(await query(second.adminUrl, 'select id from kept'), [{ id: 7 }]);
    } finally {
      await second.stop();
    }
  });

  it('is durable, listens on loopback alone, and asks for a password that only the owner can read', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    try {
      const rows = await query<{ name: string; setting: string }>(
        server.adminUrl,
        `select name, setting from pg_settings where name in
          ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'unix_socket_directories')`,
      );
      assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), {
        data_checksums: 'on',
        fsync: 'on',
        full_page_writes: 'on',
        listen_addresses: '127.0.0.1',
        synchronous_commit: 'on',
        unix_socket_directories: '',
      });
      const password = join(dataDir, 'password');
      assert.equal((await stat(password)).mode & 0o777, 0o600);
      assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
      assert.match(await readFile(password, 'utf8'), /^[\w-]{43}$/);
      const stranger = new URL(server.adminUrl);
      stranger.password = 'postgres';
      await assert.rejects(query(stranger.toString(), 'select 1'), /password authentication failed/);
      stranger.password = '';
      await assert.rejects(query(stranger.toString(), 'select 1'), /password/);
      const hba = await readFile(join(dataDir, 'data', 'pg_hba.conf'), 'utf8');
      assert.doesNotMatch(hba, /^[^#].*\b(trust|peer|ident)\b/m);
    } finally {
      await server.stop();
    }
  });

  it('sorts and folds text as Unicode, whatever the locale of the machine', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    try {
      const [row] = await query(server.adminUrl, `select lower('ÀÉÎ') as lower, 'Ärger' ilike 'äRGER' as same`);
      assert.deepEqual(row, { lower: 'àéî', same: true });
    } finally {
      await server.stop();
    }
  });

  it('refuses a second instance by the pid of the first, and harms nothing', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    try {
      await assert.rejects(
        startEmbeddedPostgres({ dataDir }),
        refused('data_dir_locked', new RegExp(`pid ${process.pid}\\b`)),
      );
      assert.deepEqual(await query(first.adminUrl, 'select 1 as one'), [{ one: 1 }]);
    } finally {
      await first.stop();
    }
  });

  it('stops with its parent on SIGTERM, SIGINT and an uncaught error', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const parent = await startParent(dataDir);
      const exited = once(parent.child, 'exit');
      parent.child.kill(signal);
      assert.deepEqual(await exited, [null, signal]);
      assert.equal(isRunning(parent.pid), false, `after ${signal} the server was waited for`);
    }
    const parent = await startParent(dataDir, 'throw');
    await gone(parent.pid);
  });

  it('stops the server of a parent that was killed, and loses nothing acknowledged', async () => {
    const parent = await startParent(dataDir);
    await query(parent.adminUrl, 'create table kept (id int); insert into kept values (1)');
    const holder = new pg.Client({ connectionString: parent.adminUrl });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin; insert into kept values (2)');
    const exited = once(parent.child, 'exit');
    parent.child.kill('SIGKILL');
    await exited;
    assert.equal(isRunning(parent.pid), true, 'the server outlives its parent');
    const orphans: number[] = [];
    const next = await startEmbeddedPostgres({ dataDir, onOrphan: (pid) => orphans.push(pid) });
    try {
      assert.deepEqual(orphans, [parent.pid]);
      assert.equal(isRunning(parent.pid), false);
      assert.deepEqual(await query(next.adminUrl, 'select id from kept'), [{ id: 1 }]);
    } finally {
      await next.stop();
      await holder.end();
    }
  });

  it('recovers where server and parent were killed together', async () => {
    const parent = await startParent(dataDir);
    await query(parent.adminUrl, 'create table kept (id int); insert into kept values (1)');
    const exited = once(parent.child, 'exit');
    process.kill(parent.pid, 'SIGKILL');
    parent.child.kill('SIGKILL');
    await exited;
    const next = await startEmbeddedPostgres({ dataDir });
    try {
      assert.deepEqual(await query(next.adminUrl, 'select id from kept'), [{ id: 1 }]);
    } finally {
      await next.stop();
    }
  });

  it('never signals a process that merely has the pid of a dead server', async () => {
    await (await startEmbeddedPostgres({ dataDir })).stop();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const owner = await stat(join(dataDir, 'data'));
    try {
      const file = join(dataDir, 'data', 'postmaster.pid');
      await writeFile(file, `${bystander.pid}\n/somewhere\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`);
      const next = await startEmbeddedPostgres({ dataDir });
      assert.equal((await stat(join(dataDir, 'data'))).uid, owner.uid);
      await next.stop();
      assert.equal(bystander.exitCode ?? bystander.signalCode, null);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('starts over where the first start was killed half way', async () => {
    await mkdir(join(dataDir, 'data.new', 'base'), { recursive: true });
    await writeFile(join(dataDir, 'data.new', 'PG_VERSION'), '18\n');
    const server = await startEmbeddedPostgres({ dataDir });
    await server.stop();
    await assert.rejects(stat(join(dataDir, 'data.new')), /ENOENT/);
  });

  it('refuses data of another major version and leaves it alone', async () => {
    for (const version of ['17', '19']) {
      await mkdir(join(dataDir, 'data'), { recursive: true });
      await writeFile(join(dataDir, 'data', 'PG_VERSION'), `${version}\n`);
      await assert.rejects(
        startEmbeddedPostgres({ dataDir }),
        refused('data_dir_version', new RegExp(`PostgreSQL ${version}, and this version brings PostgreSQL 18`)),
      );
      assert.equal(await readFile(join(dataDir, 'data', 'PG_VERSION'), 'utf8'), `${version}\n`);
    }
  });

  it('says which folder it may not write', async () => {
    // A file where a folder is wanted stops root as well.
    await writeFile(join(root, 'file'), '');
    const inFile = join(root, 'file', 'postgres');
    await assert.rejects(
      startEmbeddedPostgres({ dataDir: inFile }),
      refused('data_dir_unwritable', /file\/postgres is not/),
    );
  });

  it('reports a server that died by itself', async () => {
    const crash = Promise.withResolvers<{ code: number | null; signal: string | null }>();
    const server = await startEmbeddedPostgres({ dataDir, onCrash: crash.resolve });
    process.kill(server.pid, 'SIGKILL');
    assert.deepEqual(await crash.promise, { code: null, signal: 'SIGKILL' });
    await server.stop();
    const again = await startEmbeddedPostgres({ dataDir });
    await again.stop();
  });

  it('says why the server does not start', async () => {
    await assert.rejects(
      startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } }),
      refused('embedded_failed', /shared_buffers.*plenty/),
    );
  });

  it('makes missing symbolic links of the binaries before it needs them', async () => {
    const { findBinaries } = await import('./binaries.js');
    const { postgres } = await findBinaries(undefined);
    const native = join(postgres, '..', '..');
    const [link] = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
      target: string;
    }[];
    if (!link) return;
    const path = join(native, '..', link.target);
    await unlink(path);
    await findBinaries(undefined);
    await stat(path);
  });

  const isRoot = process.getuid?.() === 0;

  it('works as a plain user, and as root on the data of one', { skip: !isRoot && 'needs root' }, async () => {
    await chmod(root, 0o777);
    const plain = { uid: 65_534, gid: 65_534 };
    const parent = await startParent(dataDir, 'wait', plain);
    await query(parent.adminUrl, 'create table kept (id int)');
    assert.equal((await stat(join(dataDir, 'data'))).uid, plain.uid);
    const exited = once(parent.child, 'exit');
    parent.child.kill('SIGTERM');
    await exited;
    const asRoot = await startEmbeddedPostgres({ dataDir });
    assert.deepEqual(await query(asRoot.adminUrl, 'select id from kept'), []);
    await asRoot.stop();
    const again = await startParent(dataDir, 'wait', plain);
    const ended = once(again.child, 'exit');
    again.child.kill('SIGTERM');
    await ended;
  });
});
