// `npm run dev`: every service as a process of its own that restarts when its code changes, over real NATS, Redis and PostgreSQL.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startEmbeddedPostgres } from '../libs/database/dist/embedded/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const dataDir = join(root, '.lumo', 'dev');
mkdirSync(dataDir, { recursive: true, mode: 0o700 });

// Debian keeps nats-server where only root looks for programs.
process.env.PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin'].join(delimiter);

const children = [];
let stopping = false;
let postgres;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
process.on('disconnect', () => stop(0));

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
env.LUMO_MASTER_KEY ??= developmentKey();
env.LUMO_PORT ??= '8000';
env.NATS_URL ??= await startServer(
  'nats-server',
  (port) => ['--addr', '127.0.0.1', '--port', port, '--jetstream', '--store_dir', join(dataDir, 'nats')],
  'nats',
);
env.REDIS_URL ??= await startServer(
  'redis-server',
  (port) => ['--bind', '127.0.0.1', '--port', port, '--dir', dataDir, '--appendonly', 'yes'],
  'redis',
);
if (!env.DATABASE_URL) {
  postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), onCrash: () => stop(1) });
  env.DATABASE_URL = postgres.adminUrl;
}

run('tsc', ['-b', '--watch', '--preserveWatchOutput']);
// Through npx, because turbo looks for the pnpm of this project in the PATH.
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
run('npx', ['--yes', packageManager, 'exec', 'turbo', 'run', 'dev', '--concurrency', '20']);
await ready();
const bootstrap = join(dataDir, 'bootstrap.json');
const { status } = spawnSync('node', ['services/standalone/dist/cli/main.js', 'seed', '--out', bootstrap], {
  cwd: root,
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) await stop(1);
console.log(
  `\n  LumoAuth is running on http://localhost:${env.LUMO_PORT}, one process a service. Credentials: ${bootstrap}\n  npm run lumo finds it with LUMO_DATA_DIR=${dataDir}\n`,
);

/** The same key at every start, because the database outlives the process. */
function developmentKey() {
  const { stdout } = spawnSync(
    'node',
    [
      '-e',
      'process.stdout.write(require("crypto").createHash("sha256").update(process.argv[1]).digest("base64"))',
      dataDir,
    ],
    { encoding: 'utf8' },
  );
  return stdout;
}

async function startServer(program, args, protocol) {
  if (spawnSync(program, ['--version']).error) {
    console.error(
      `${program} is not installed: install it (Debian: apt-get install ${program}), or set ${protocol.toUpperCase()}_URL`,
    );
    await stop(1);
  }
  const port = String(await freePort());
  run(program, args(port), 'ignore');
  return `${protocol}://127.0.0.1:${port}`;
}

function run(program, args, output = 'inherit') {
  // A process group of its own: a signal of the terminal comes to us alone, and `stop` decides the order.
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', output, output], detached: true });
  child.on('exit', (code) => {
    if (!stopping) {
      console.error(`${program} ended with ${code}`);
      stop(1);
    }
  });
  children.push(child);
}

async function ready() {
  for (;;) {
    const answer = await fetch(`http://localhost:${env.LUMO_PORT}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function stop(code) {
  if (stopping) return;
  stopping = true;
  // The services first: they drain into NATS, Redis and PostgreSQL.
  for (const child of [...children].reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    process.kill(-child.pid, 'SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  await postgres?.stop();
  process.exit(code);
}
