import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createSealedFiles } from '../../snapshots/sealed-files.js';
import { startTestService, type TestOrg, type TestService } from '../../store/test-org.fixture.js';
import { MODEL, through } from './relations.fixture.js';

const TUPLES = 12_000;

describe('snapshots of stores', () => {
  let service: TestService;
  let root: string;
  before(async () => {
    service = await startTestService();
    root = await mkdtemp(join(tmpdir(), 'lumo-snapshots-'));
  });
  after(async () => {
    await service.close();
    await rm(root, { recursive: true, force: true });
  });

  /** A store that is large enough for a file, and a process that wrote one. */
  async function keptStore(name: string) {
    const folder = join(root, name);
    const errors: unknown[] = [];
    const start = (key = 1) => {
      let wholeReads = 0;
      const process = service.start({
        snapshots: createSealedFiles({
          folder,
          key: new Uint8Array(32).fill(key),
          now: Date.now,
          onError: (error) => errors.push(error),
        }),
        onStatement: (sql) => {
          if (sql.includes('declare part')) wholeReads++;
        },
      });
      return { process, wholeReads: () => wholeReads };
    };
    const org = await service.newOrg();
    const { process } = start();
    const on = through(process, org);
    await on.model();
    for (let part = 0; part < TUPLES / 1_000; part++) {
      await on.write(Array.from({ length: 1_000 }, (_, i) => `document:${part}-${i}#viewer@user:${i}`));
    }
    assert.equal(await on.allowed('document:3-7#viewer@user:7'), true);
    await process.deps.relations.graphs.close();
    assert.equal((await readdir(folder)).length, 1);
    return { org, on, start, folder, errors };
  }

  const answers = async (process: ReturnType<TestService['start']>, org: TestOrg) => {
    const on = through(process, org);
    return {
      old: await on.allowed('document:3-7#viewer@user:7'),
      gone: await on.allowed('document:4-7#viewer@user:7'),
      fresh: await on.allowed('document:new#viewer@user:7'),
    };
  };

  it('are what a process starts with, brought up to date by the log of changes', async () => {
    const { org, on, start, errors } = await keptStore('tail');
    await on.write(['document:new#viewer@user:7'], ['document:4-7#viewer@user:7']);
    const { process, wholeReads } = start();
    assert.deepEqual(await answers(process, org), { old: true, gone: false, fresh: true });
    assert.equal(wholeReads(), 0);
    const before = await through(process, org).check('document:3-7#viewer@user:7');
    const same = await on.check('document:3-7#viewer@user:7');
    assert.equal(before.token, same.token);
    assert.deepEqual(errors, []);
  });

  it('know the model that was written after them', async () => {
    const { org, on, start } = await keptStore('model');
    const [user, group, folder] = MODEL.type_definitions;
    await on.model({ ...MODEL, type_definitions: [user, group, folder], conditions: {} });
    const { process } = start();
    await assert.rejects(
      through(process, org).allowed('document:3-7#viewer@user:7'),
      ({ code }: { code: string }) => code === 'type_not_found',
    );
  });

  it('are passed over where they are broken, sealed with another key, of another epoch, or too old', async () => {
    const { org, on, start, folder, errors } = await keptStore('unusable');
    await on.write(['document:new#viewer@user:7'], ['document:4-7#viewer@user:7']);
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    const whole = await readFile(path);
    const expected = { old: true, gone: false, fresh: true };

    for (const bytes of [Buffer.alloc(0), whole.subarray(0, whole.length >> 1), Buffer.alloc(whole.length, 7)]) {
      await writeFile(path, bytes);
      const { process, wholeReads } = start();
      assert.deepEqual(await answers(process, org), expected);
      assert.equal(wholeReads(), 1);
    }
    assert.equal(errors.length, 3);
    await writeFile(path, whole);

    const other = start(2);
    assert.deepEqual(await answers(other.process, org), expected);
    assert.equal(other.wholeReads(), 1);

    const [{ epoch } = { epoch: '' }] = await service.database.admin<{ epoch: string }>(
      'select epoch from authz.storage_epoch',
    );
    await service.database.admin(`update authz.storage_epoch set epoch = 'ffffffffffffffff'`);
    const restored = start();
    assert.deepEqual(await answers(restored.process, org), expected);
    assert.equal(restored.wholeReads(), 1);
    await service.database.admin('update authz.storage_epoch set epoch = $1', [epoch]);

    // A file from the future of this database.
    await service.database.admin('update authz.graph_revisions set revision = 5, relations_at = 5 where org = $1', [
      org.org.id,
    ]);
    const older = start();
    assert.deepEqual(await answers(older.process, org), expected);
    assert.equal(older.wholeReads(), 1);
  });

  it('of one organization are never read for another', async () => {
    const [a, b] = [await keptStore('shared'), await keptStore('shared-too')];
    const [nameOfA = ''] = await readdir(a.folder);
    const [nameOfB = ''] = await readdir(b.folder);
    await b.on.write(['document:secret#viewer@user:eve']);
    await writeFile(join(a.folder, nameOfA), await readFile(join(b.folder, nameOfB)));
    const { process, wholeReads } = a.start();
    assert.equal(await through(process, a.org).allowed('document:secret#viewer@user:eve'), false);
    assert.equal(wholeReads(), 1);
  });
});
