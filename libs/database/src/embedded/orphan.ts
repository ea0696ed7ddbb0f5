import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { StartupError } from '../startup-error.js';
import { ADMIN } from './create-cluster.js';
import { isRunning } from './is-running.js';
import { readPostmasterFile } from './postmaster-file.js';

const FAST_SHUTDOWN_MS = 20_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

/**
 * Ends a server that a killed parent left behind, so that its successor starts on data at rest. The caller holds the lock of
 * the data directory, so a server there has no living owner. A process is signalled only where it is proved to be the server of this data.
 * @returns the pid that was stopped
 */
export async function stopOrphan(data: string, password: string): Promise<number | undefined> {
  const file = await readPostmasterFile(data);
  if (!file || !Number.isInteger(file.pid) || file.pid <= 1) return undefined;
  if (!isRunning(file.pid) || !(await isServerOf(data, file.pid, file.port, password))) {
    await forgetStaleFile(data);
    return undefined;
  }
  // SIGINT is PostgreSQL's fast shutdown; SIGQUIT stops at once and leaves the rest to recovery.
  for (const [signal, patienceMs] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    signalServer(file.pid, signal);
    if (await ended(file.pid, patienceMs)) {
      // A server that was being killed meanwhile has not removed it.
      await forgetStaleFile(data);
      return file.pid;
    }
  }
  throw new StartupError(
    'embedded_failed',
    `A PostgreSQL (pid ${file.pid}) that an earlier run left behind does not stop. End it, then start again.`,
  );
}

function signalServer(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new StartupError(
      'embedded_failed',
      `A PostgreSQL (pid ${pid}) of another user still runs on this data. End it, then start again.`,
      { cause: error },
    );
  }
}

async function ended(pid: number, patienceMs: number): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await delay(20)) {
    if (!isRunning(pid)) return true;
  }
  return false;
}

async function isServerOf(data: string, pid: number, port: number | undefined, password: string): Promise<boolean> {
  if (platform() === 'linux') return worksIn(pid, data);
  if (port && (await answersTo(password, port))) return true;
  if (platform() === 'win32') return false;
  return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
}

/** PostgreSQL works inside its data directory; the folder's inode does not depend on how its path was spelled. */
function worksIn(pid: number, data: string): boolean {
  try {
    const [cwd, folder] = [statSync(`/proc/${pid}/cwd`), statSync(data)];
    return cwd.ino === folder.ino && cwd.dev === folder.dev;
  } catch {
    return false;
  }
}

/** SCRAM proves both sides: whoever completes the sign-in knows the verifier of our random password. */
async function answersTo(password: string, port: number): Promise<boolean> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: ADMIN, password, database: ADMIN },
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * The pid of a dead server may belong to someone else by now, or to a process that nobody has collected, and PostgreSQL would
 * refuse to start. Its file is removed only when no process at all works in the data directory; the children of a killed
 * server notice and leave by themselves.
 */
async function forgetStaleFile(data: string): Promise<void> {
  if (platform() !== 'linux') return;
  const someone = () => readdirSync('/proc').some((name) => /^\d+$/.test(name) && worksIn(Number(name), data));
  for (const until = Date.now() + FAST_SHUTDOWN_MS; Date.now() < until; await delay(20)) {
    if (!someone()) return rm(join(data, 'postmaster.pid'), { force: true });
  }
}
