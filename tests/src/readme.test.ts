import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { programEnvironment, ROOT } from './shapes/program.js';
import { target } from './support/target.js';

/** How the shell ended, and what each command printed; empty for a command that it did not reach. */
interface Session {
  readonly code: number | null;
  readonly complaints: string;
  readonly printed: readonly string[];
}

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const TESTED_BLOCK = /^<!-- tested -->\n```sh\n(.*?)^```$/gms;
/** What changes the shell and prints nothing. */
const SILENT = /^(?:eval |[A-Z_]+=)/;

const slug = `globex-${Date.now().toString(36)}`;
const commands = [...README.matchAll(TESTED_BLOCK)]
  .flatMap(([, block = '']) => commandsOf(block))
  // The README may be followed on the same installation again and again.
  .map((text) => text.replace(/(org create) globex\b/, `$1 ${slug}`));

/** The commands of a block, without comments; one that goes on behind a backslash is one. */
function commandsOf(block: string): readonly string[] {
  const lines = block.replaceAll('\\\n', ' ').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** Runs the commands one after the other in one bash, which gives up at the first that fails. */
async function runInOneShell(folder: string): Promise<Session> {
  assert.ok(target.dataDir, 'the target is standalone');
  const steps = commands.map((text, index) => `{\n${text}\n} > '${join(folder, String(index))}'`);
  const shell = spawn('bash', ['-c', ['set -euo pipefail', ...steps].join('\n')], {
    cwd: ROOT,
    env: programEnvironment({ LUMO_DATA_DIR: target.dataDir }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code] = (await once(shell, 'close')) as [number | null];
  const printed = await Promise.all(
    commands.map((_, index) => readFile(join(folder, String(index)), 'utf8').catch(() => '')),
  );
  return { code, complaints, printed };
}

describe('README, five minutes', () => {
  let folder: string;
  let session: Session;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lumo-readme-'));
    session = await runInOneShell(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('runs to its end', () => {
    assert.equal(session.code, 0, session.complaints);
  });

  for (const [index, text] of commands.entries()) {
    it(text, () => {
      const printed = session.printed[index] ?? '';
      if (SILENT.test(text)) return assert.equal(printed, '');
      const answer: unknown = JSON.parse(printed);
      assert.ok(typeof answer === 'object' && answer !== null && !('error' in answer), printed);
    });
  }

  /** What the command that contains this text printed. */
  function printedBy<T>(part: string): T {
    const index = commands.findIndex((text) => text.includes(part));
    assert.notEqual(index, -1, `the README has a command with ${part}`);
    return JSON.parse(session.printed[index] ?? '') as T;
  }

  it('shows what the text around the commands says', () => {
    const { issuer, alice, agent } = target.bootstrap;
    assert.equal(printedBy<{ issuer: string }>('/.well-known/openid-configuration').issuer, issuer);
    const users = printedBy<{ data: readonly { email: string }[] }>('/admin/users?search=alice');
    assert.ok(users.data.some(({ email }) => email === alice.email));
    const { results } = printedBy<{ results: Readonly<Record<string, boolean>> }>('/check-bulk');
    assert.deepEqual(results, { 'document.read': true, 'document.edit': false });
    assert.ok(JSON.stringify(printedBy('/agents/me')).includes(agent.clientId));
    assert.equal(printedBy<{ allowed: boolean }>('/agents/ask').allowed, true);
    assert.equal(printedBy<{ data: readonly object[] }>('/admin/audit-logs').data.length, 5);
    const slugs = printedBy<readonly { slug: string }[]>('org list').map((org) => org.slug);
    assert.ok(slugs.includes(target.bootstrap.org) && slugs.includes(slug), slugs.join(' '));
  });

  it('shows pictures that are there', () => {
    const pictures = [...README.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) => path);
    assert.notEqual(pictures.length, 0);
    assert.deepEqual(
      pictures.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });
});
