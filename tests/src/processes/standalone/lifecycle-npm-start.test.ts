import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '@lumo/testing';
import { createDataDir, type DataDir } from '../../shapes/data-dir.js';
import { programEnvironment, ROOT } from '../../shapes/program.js';
import { readBootstrap } from '../../shapes/standalone.js';
import { waitUntil } from '../../support/wait-until.js';
import { familyOf, stillRunning, workingIn } from '../process-table.js';

/** One file, one run: the command that every newcomer types, as it is typed. */
describe('npm start', () => {
  let dataDir: DataDir;
  let port: number;
  let output = '';
  let npm: ReturnType<typeof spawn>;
  before(async () => {
    dataDir = await createDataDir();
    port = await freePort();
    const env = programEnvironment({ LUMO_DATA_DIR: dataDir.path, LUMO_PORT: String(port), LUMO_RATE_LIMITS: 'off' });
    npm = spawn('npm', ['start'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
  });
  after(async () => {
    if (npm.exitCode === null && npm.signalCode === null) {
      npm.kill('SIGTERM');
      await once(npm, 'exit');
    }
    await dataDir.remove();
  });

  it('ends with a banner that shows where it is and how to enter', async () => {
    await waitUntil(async () => /Try it:(\n.*){5}/.test(output), {
      what: 'the banner is printed',
      forMs: 120_000,
      unless: () => (npm.exitCode === null && npm.signalCode === null ? undefined : `npm ended:\n${output}`),
    });
    const { baseUrl, issuer, admin, apiKey } = await readBootstrap(dataDir.path);
    assert.equal(baseUrl, `http://localhost:${port}`);
    for (const shown of [baseUrl, issuer, `${baseUrl}/docs`, admin.email, admin.password, apiKey]) {
      assert.ok(output.includes(shown), `the banner shows ${shown}:\n${output}`);
    }
  });

  it('and with three commands that work as they are', async () => {
    const commands = output.split('\n').flatMap((line) => /^ {2}(curl .*)$/.exec(line)?.[1] ?? []);
    assert.equal(commands.length, 3, output);
    const answers = commands.map(async (command) => {
      const { stdout } = await promisify(execFile)('sh', ['-c', `${command} -w '\n%{http_code}'`]);
      const [status, ...body] = stdout.split('\n').reverse();
      assert.equal(status, '200', `${command}\n${stdout}`);
      return JSON.parse(body.reverse().join('\n')) as Record<string, unknown>;
    });
    const [discovery, users, token] = await Promise.all(answers);
    const { issuer } = await readBootstrap(dataDir.path);
    assert.equal(discovery?.issuer, issuer);
    assert.ok(Array.isArray(users?.data) && users.data.length === 2);
    assert.equal(typeof token?.access_token, 'string');
  });

  it('SIGTERM to npm ends everything that it started', async () => {
    const family = [...familyOf(npm.pid ?? 0), ...workingIn(dataDir.path)];
    assert.ok(family.length > 3, 'npm, the bootstrap, the server, the database');
    npm.kill('SIGTERM');
    await waitUntil(async () => stillRunning(family).length === 0, {
      what: 'npm, the server and its database are gone',
      forMs: 30_000,
    });
    assert.deepEqual(workingIn(dataDir.path), []);
    await assert.rejects(fetch(`http://localhost:${port}/livez`));
  });
});
