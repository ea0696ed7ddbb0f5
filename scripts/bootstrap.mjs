// Makes a fresh checkout runnable and then runs one command of the project.
// It works on any Node from 18 on and without dependencies: what it prepares brings the right Node and everything else.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamps = join(root, 'node_modules', '.lumo');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const isWindows = process.platform === 'win32';

const COMMANDS = {
  // Node would let its nursery grow with the memory of the machine, to 128 MB here (docs/benchmarks.md).
  start: { run: ['node', '--max-semi-space-size=16', 'services/standalone/dist/main.js'] },
  lumo: { run: ['node', 'services/standalone/dist/cli/main.js'], quiet: true },
  dev: { run: ['node', 'scripts/dev.mjs'] },
  test: { run: ['node', '--enable-source-maps', 'tests/dist/run.js'] },
  'test:long': { run: ['node', '--enable-source-maps', 'tests/dist/run.js', '--long'] },
  check: { run: ['node', 'scripts/check.mjs'] },
  generate: { run: ['node', 'scripts/generate.mjs'] },
  bench: { run: ['node', '--enable-source-maps', 'bench/dist/run.js'] },
};

const name = process.argv[2] ?? '';
const command = COMMANDS[name];
if (!command) fail(`unknown command "${name}", use one of: ${Object.keys(COMMANDS).join(', ')}`);
if (Number(process.versions.node.split('.')[0]) < 18)
  fail(`Node ${process.versions.node} is too old: install Node 18 or newer, then run this again`);

await install();
requireNode24();
await generate();
await compile();
if (name === 'start') say('starting');
process.exitCode = await run(command.run[0], [...command.run.slice(1), ...process.argv.slice(3)], { forward: true });

/** Installs dependencies where the lockfile or a manifest changed since the last install. */
async function install() {
  const manifests = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...packages().map((dir) => join(dir, 'package.json')),
  ];
  const state = `${process.platform}-${process.arch} ${digest(manifests)}`;
  if (existsSync(bin) && readStamp('install') === state) return;
  const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
  say('installing dependencies (once; about a minute with an empty cache)');
  const code = await run(
    'npx',
    ['--yes', pnpm, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    { stdout: command.quiet ? 2 : 1 },
  );
  if (code !== 0) fail('installing dependencies failed, see above');
  writeStamp('install', state);
}

/** The install brought the right Node for most platforms; on the others the machine's own must do. */
function requireNode24() {
  if (existsSync(join(bin, 'node')) || Number(process.versions.node.split('.')[0]) >= 24) return;
  fail(`there is no packaged Node for ${process.platform}-${process.arch}: install Node 24, then run this again`);
}

/** Generates the TypeScript of proto/ where a definition changed. */
async function generate() {
  const state = digest(['buf.gen.yaml', ...walk('proto', '.proto')]);
  if (existsSync(join(root, 'libs/contracts/src/gen')) && readStamp('proto') === state) return;
  say('generating contracts');
  if ((await run('buf', ['generate'])) !== 0) fail('generating contracts failed, see above');
  writeStamp('proto', state);
}

/** Compiles what changed; `tsc -b` knows what is stale. */
async function compile() {
  if (!existsSync(join(root, 'libs/kit/dist'))) say('compiling');
  if ((await run('tsc', ['-b'])) !== 0) fail('compiling failed, see above');
}

/** Runs a program of this project with its own Node first in the PATH; resolves with its exit code. */
function run(file, args, { forward = false, stdout = 1 } = {}) {
  return new Promise((resolve) => {
    // The IPC channel tells the child when this process dies, however it dies.
    const stdio = ['inherit', stdout, 'inherit', ...(forward ? ['ipc'] : [])];
    const child = spawn(executable(file), args, { cwd: root, env, stdio, shell: isWindows });
    const pass = (signal) => child.kill(signal);
    if (forward) {
      process.on('SIGINT', () => {}); // the terminal sends it to the child as well
      process.on('SIGTERM', pass);
      process.on('SIGHUP', pass);
      stopWithNpm(child);
    }
    child.on('error', (error) => fail(`cannot run ${file}: ${error.message}`));
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

/** npm that is killed outright leaves its scripts running; without npm nobody could stop the server. */
function stopWithNpm(child) {
  if (!process.env.npm_lifecycle_event || isWindows) return;
  const npm = npmProcess();
  setInterval(() => !isAlive(npm) && child.kill('SIGTERM'), 500).unref();
}

/** npm runs a script through a shell, which outlives npm and may stand between it and this process. */
function npmProcess() {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], { encoding: 'utf8' });
  const [, grandparent, parentName] = /^\s*(\d+)\s+(.*\S)/.exec(stdout ?? '') ?? [];
  return /(^|\/)-?(ba|da|z|k)?sh$/.test(parentName ?? '') ? Number(grandparent) : process.ppid;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function executable(file) {
  const local = join(bin, file);
  return existsSync(local) ? local : file;
}

function packages() {
  return ['libs', 'services']
    .flatMap((dir) => children(dir))
    .concat(['tests', 'bench'])
    .filter((dir) => existsSync(join(root, dir, 'package.json')));
}

function children(dir) {
  return existsSync(join(root, dir))
    ? readdirSync(join(root, dir))
        .sort()
        .map((entry) => join(dir, entry))
    : [];
}

function walk(dir, ending) {
  return readdirSync(join(root, dir), { withFileTypes: true })
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? walk(join(dir, entry.name), ending)
        : entry.name.endsWith(ending)
          ? [join(dir, entry.name)]
          : [],
    );
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function readStamp(stamp) {
  const file = join(stamps, stamp);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function writeStamp(stamp, state) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, stamp), state);
}

function say(text) {
  console.error(`lumoauth: ${text}`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
