import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import type { PostgresBinaries } from './binaries.js';
import { openClusterFolder } from './cluster-folder.js';
import { clusterPaths } from './create-cluster.js';
import { childEnvironment } from './environment.js';
import { freePort } from './free-port.js';
import { readPostmasterFile } from './postmaster-file.js';
import { SERVER_SETTINGS } from './server-settings.js';
import type { ServerUser } from './server-user.js';

/** Crash recovery of a large database may take its time; a start without one takes a tenth of a second. */
const READY_PATIENCE_MS = 180_000;
const MAX_LOG_BYTES = 5_000_000;
const ATTEMPTS = 5;

export interface RunningServer {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/** Starts the server on a random free port and waits until it accepts connections. */
export async function startServer(
  folder: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const paths = clusterPaths(folder);
  await rotateLog(paths.log);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = await spawnServer(folder, binaries, user, { ...SERVER_SETTINGS, ...settings, port: String(port) });
    const failure = await untilReady(child, paths.data);
    if (!failure) return { child, pid: child.pid ?? 0, port };
    // Someone took the port meanwhile, or the last children of a killed server still hold its memory.
    const passing = /Address already in use|could not bind|pre-existing shared memory block/.test(failure);
    if (!passing || attempt === ATTEMPTS) {
      throw new StartupError(
        'embedded_failed',
        `The embedded PostgreSQL did not start: ${failure} (log: ${paths.log})`,
      );
    }
    await delay(200 * attempt);
  }
}

async function spawnServer(
  folder: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const paths = clusterPaths(folder);
  const target = await openClusterFolder(paths.data, user);
  // A file and not a pipe: the server must not stumble over its log when this process is killed.
  const log = await open(paths.log, 'a', 0o600);
  try {
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(binaries.postgres, ['-D', target.argument, ...options], {
      ...user,
      cwd: '/',
      // Its own process group: Ctrl-C in the terminal reaches us alone, and we stop it after the last request.
      detached: process.platform !== 'win32',
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', log.fd, ...target.descriptors],
    });
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        const hint = user ? ` as user ${user.uid}; start as a plain user, or set DATABASE_URL` : '';
        reject(
          new StartupError('embedded_failed', `PostgreSQL could not be run${hint}: ${error.message}`, { cause: error }),
        );
      });
    });
    return child;
  } finally {
    await target.close();
    await log.close();
  }
}

/** @returns why it is not ready, or undefined where it is */
async function untilReady(child: ChildProcess, data: string): Promise<string | undefined> {
  for (const until = Date.now() + READY_PATIENCE_MS; Date.now() < until; await delay(10)) {
    if (child.exitCode !== null || child.signalCode !== null) return lastLines(data.replace(/data$/, 'server.log'));
    const file = await readPostmasterFile(data);
    if (file?.pid === child.pid && file?.status === 'ready') return undefined;
  }
  child.kill('SIGQUIT');
  return `not ready after ${READY_PATIENCE_MS / 1000} s`;
}

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-4).join(' | ');
}

async function rotateLog(log: string): Promise<void> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(log, `${log}.1`);
}
