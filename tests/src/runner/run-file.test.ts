import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDataDir, type DataDir } from '../shapes/data-dir.js';
import { programEnvironment, ROOT, startProgram } from '../shapes/program.js';
import type { FileResult } from './run-file.js';

describe('running a test file', () => {
  let folder: DataDir;
  before(async () => {
    folder = await createDataDir();
  });
  after(() => folder.remove());

  let files = 0;
  async function run(source: string, timeoutMs = 30_000): Promise<FileResult & { readonly output: string }> {
    const file = join(folder.path, `${++files}.test.mjs`);
    await writeFile(file, `import { before, describe, it } from 'node:test';\n${source}`);
    const program = startProgram({
      args: ['tests/dist/runner/run-file.fixture.js', relative(ROOT, file), String(timeoutMs)],
      env: programEnvironment({}),
    });
    await program.ended;
    return JSON.parse(program.output()) as FileResult & { readonly output: string };
  }

  it('counts what passed, failed and was skipped, and shows it as a specification', async () => {
    const { passed, failures, skips, output } = await run(`
      describe('a thing', () => {
        it('works', () => {});
        it('breaks', () => { throw new Error('because'); });
        describe('inside', () => { it('is left out', { skip: 'no tool' }, () => {}); });
      });`);
    assert.equal(passed, 1);
    assert.deepEqual(
      failures.map(({ name }) => name),
      ['a thing › breaks'],
    );
    assert.match(failures[0]?.text ?? '', /because[\s\S]*\.test\.mjs/);
    assert.deepEqual(
      skips.map(({ reason }) => reason),
      ['no tool'],
    );
    assert.match(output, /^ {2}a thing\n {4}✔ works\n {4}✘ breaks\n/m);
    assert.match(output, /^ {4}inside\n {6}- is left out \(skipped: no tool\)$/m);
  });

  it('a file that cannot be loaded failed', async () => {
    const { passed, failures, output } = await run(`throw new Error('at load');`);
    assert.deepEqual([passed, failures.length], [0, 1]);
    assert.match(output, /at load/);
  });

  it('a file without tests failed', async () => {
    assert.match((await run('')).failures[0]?.text ?? '', /no tests/);
  });

  it('a file whose hook fails failed, with the reason', async () => {
    const { failures } = await run(
      `describe('d', () => { before(() => { throw new Error('hook') }); it('t', () => {}) });`,
    );
    assert.ok(failures.some(({ text }) => /hook/.test(text)));
  });

  it('a file that hangs is ended and failed, whatever passed in it', async () => {
    const { passed, failures } = await run(`it('fine', () => {}); setInterval(() => {}, 1000);`, 1500);
    assert.equal(passed, 1);
    assert.match(failures[0]?.text ?? '', /did not end within 1\.5 s/);
  });

  it('a test that leaves an error behind failed', async () => {
    const { failures } = await run(`it('quiet', () => { setImmediate(() => { throw new Error('late') }) });`);
    assert.ok(failures.length > 0);
  });
});
