import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { StartupError } from '../startup-error.js';
import { lockDataDir } from './data-dir-lock.js';

const locked = (pid: number | undefined) => (error: unknown) =>
  error instanceof StartupError && error.code === 'data_dir_locked' && error.message.includes(`(pid ${pid})`);

describe('the lock of a data directory', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lumo-lock-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is held by one at a time', async () => {
    const first = await lockDataDir(root);
    await assert.rejects(lockDataDir(root), locked(process.pid));
    await Promise.all([first.release(), first.release()]);
    const second = await lockDataDir(root);
    await first.release();
    await assert.rejects(
      lockDataDir(root),
      locked(process.pid),
      'a late release of the first does not free the second',
    );
    await second.release();
    await assert.rejects(stat(join(root, 'lumo.pid')), /ENOENT/);
  });

  it('goes to exactly one of many at the same time', async () => {
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(root)));
    const won = taken.filter((result) => result.status === 'fulfilled');
    assert.equal(won.length, 1);
    await won[0]?.value.release();
  });

  it('holds against another process until that is killed, and then is free at once', async () => {
    const script = `
      import { lockDataDir } from ${JSON.stringify(new URL('./data-dir-lock.js', import.meta.url))};
      const lock = await lockDataDir(process.argv[1]);
      console.log('locked');
      setInterval(() => lock, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await assert.rejects(lockDataDir(root), locked(child.pid));
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    assert.equal(
      (await readFile(join(root, 'lumo.pid'), 'utf8')).trim(),
      String(child.pid),
      'its pid is still written',
    );
    await (await lockDataDir(root)).release();
  });

  it('says which folder it may not write', async () => {
    // A file where a folder is wanted stops root as well.
    await writeFile(join(root, 'file'), '');
    const folder = join(root, 'file', 'data');
    await assert.rejects(lockDataDir(folder), (error: unknown) => {
      assert.ok(error instanceof StartupError);
      assert.equal(error.code, 'data_dir_unwritable');
      assert.match(error.message, /file\/data is not writable \(ENOTDIR\)/);
      return true;
    });
  });
});
