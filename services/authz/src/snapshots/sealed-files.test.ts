import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createSealedFiles } from './sealed-files.js';

const KEY = randomBytes(32);
const NOW = Date.now();

describe('sealed snapshot files', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'lumo-snapshots-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function setUp(name: string) {
    const errors: unknown[] = [];
    const folder = join(root, name);
    const open = (options: { readonly key?: Uint8Array; readonly now?: number } = {}) =>
      createSealedFiles({
        folder,
        key: options.key ?? KEY,
        now: () => options.now ?? NOW,
        onError: (error) => errors.push(error),
      });
    const write = async (file: string, ...parts: readonly Uint8Array[]) => {
      const snapshot = open().begin(file);
      for (const part of parts) snapshot.add(part);
      await snapshot.commit();
    };
    const pathOfOnly = async () => join(folder, (await readdir(folder))[0] ?? '');
    return { errors, folder, open, write, pathOfOnly };
  }

  it('gives back what was written, and nothing under another name', async () => {
    const { errors, open, write } = await setUp('round');
    const big = randomBytes(5 * 1024 * 1024);
    await write('a', big.subarray(0, 1_000), big.subarray(1_000));
    await write('b', Buffer.alloc(0));
    assert.ok(big.equals((await open().read('a')) ?? Buffer.alloc(0)));
    assert.equal((await open().read('b'))?.length, 0);
    assert.equal(await open().read('c'), undefined);
    await write('a', Buffer.from('newer'));
    assert.equal(Buffer.from((await open().read('a')) ?? []).toString(), 'newer');
    assert.deepEqual(errors, []);
  });

  it('takes a part as it was when it was added', async () => {
    const { open } = await setUp('copied');
    const part = Buffer.from('before');
    const file = open().begin('a');
    file.add(part);
    part.write('after!');
    await file.commit();
    assert.equal(Buffer.from((await open().read('a')) ?? []).toString(), 'before');
  });

  it('is for its owner only, and tells nothing by its name or its content', async () => {
    const { folder, write, pathOfOnly } = await setUp('private');
    await write('relations acme', Buffer.from('document:1#viewer@user:anne'));
    const path = await pathOfOnly();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.ok(!path.includes('acme'));
    assert.ok(!(await readFile(path)).includes('anne'));
  });

  it('is as if it was not there where any byte differs, where it is cut off, or sealed with another key', async () => {
    const { errors, open, write, pathOfOnly } = await setUp('broken');
    await write('a', Buffer.from('content'));
    const path = await pathOfOnly();
    const whole = await readFile(path);
    for (let i = 0; i < whole.length; i++) {
      const other = Buffer.from(whole);
      other[i] = (other[i] ?? 0) ^ 1;
      await writeFile(path, other);
      assert.equal(await open().read('a'), undefined, `byte ${i}`);
      await writeFile(path, whole.subarray(0, i));
      assert.equal(await open().read('a'), undefined, `${i} bytes`);
    }
    assert.equal(errors.length, 2 * whole.length);
    await writeFile(path, whole);
    assert.equal(await open({ key: randomBytes(32) }).read('a'), undefined);
    assert.ok(await open().read('a'));
  });

  it('leaves the former file where a new one cannot be written', async () => {
    const { errors, folder, open, write } = await setUp('full');
    await write('a', Buffer.from('former'));
    const unwritable = createSealedFiles({
      folder: join(folder, 'nothing', '\0'),
      key: KEY,
      now: () => NOW,
      onError: (error) => errors.push(error),
    });
    const file = unwritable.begin('a');
    file.add(Buffer.from('newer'));
    await file.commit();
    assert.equal(errors.length, 1);
    assert.equal(Buffer.from((await open().read('a')) ?? []).toString(), 'former');
    await chmod(folder, 0o700);
  });

  it('removes files that nobody used for a month, and drafts of processes that died', async () => {
    const { folder, open, write, pathOfOnly } = await setUp('old');
    await write('old', Buffer.from('x'));
    const old = await pathOfOnly();
    await writeFile(join(folder, 'dead.draft'), 'x');
    await utimes(join(folder, 'dead.draft'), NOW / 1000, NOW / 1000);
    await utimes(old, NOW / 1000, NOW / 1000);
    const later = createSealedFiles({
      folder,
      key: KEY,
      now: () => NOW + 29 * 86_400_000,
      onError: (error) => assert.fail(String(error)),
    });
    // What is read counts as used.
    await later.read('old');
    const file = open({ now: NOW + 40 * 86_400_000 }).begin('new');
    await file.commit();
    assert.equal((await readdir(folder)).length, 2);
    await open({ now: NOW + 90 * 86_400_000 })
      .begin('newest')
      .commit();
    const left = await readdir(folder);
    assert.ok(!left.includes('dead.draft'));
    assert.equal(await open().read('old'), undefined);
  });
});
