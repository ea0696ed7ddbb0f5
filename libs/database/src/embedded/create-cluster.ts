import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';
import type { PostgresBinaries } from './binaries.js';
import { openClusterFolder } from './cluster-folder.js';
import { childEnvironment } from './environment.js';
import type { ServerUser } from './server-user.js';

export const ADMIN = 'postgres';

/** Files of an embedded server inside its folder. */
export function clusterPaths(folder: string): {
  readonly data: string;
  readonly password: string;
  readonly log: string;
} {
  return { data: join(folder, 'data'), password: join(folder, 'password'), log: join(folder, 'server.log') };
}

/** The superuser's password: 256 random bits, kept 0600 beside the data, written before the cluster is made. */
export async function clusterPassword(folder: string): Promise<string> {
  const { password: path } = clusterPaths(folder);
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new StartupError('data_dir_unwritable', `${path} belongs to another user (${error.code}).`, { cause: error });
  });
  if (known) return known;
  const password = randomBytes(32).toString('base64url');
  await writeDurably(path, password);
  return password;
}

/**
 * Creates the cluster where there is none, beside its place, and moves it there when it is complete: a start that was
 * killed in the middle leaves nothing half made. Refuses data of another PostgreSQL major version.
 */
export async function ensureCluster(
  folder: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  password: string,
): Promise<void> {
  const { data } = clusterPaths(folder);
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) {
    if (version.trim() === binaries.major) return;
    throw new StartupError(
      'data_dir_version',
      `The data in ${data} is of PostgreSQL ${version.trim()}, and this version brings PostgreSQL ${binaries.major}. ` +
        'Start the version that wrote it, or move the data with pg_dump. Nothing was changed.',
    );
  }
  const draft = `${data}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (user) await chown(draft, user.uid, user.gid);
  await initialize(folder, draft, binaries, user, password);
  await rename(draft, data);
  await syncFolder(folder);
}

async function initialize(
  folder: string,
  draft: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  password: string,
): Promise<void> {
  // initdb takes the password from a file that its user can read; it lives inside no folder that initdb wants empty.
  const passwordFile = join(folder, 'initdb-password');
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const handle = await open(passwordFile, 'r');
  const target = await openClusterFolder(draft, user);
  try {
    const inherited = target.descriptors.length > 0;
    const fds = [...target.descriptors, handle.fd];
    await run(
      binaries.initdb,
      [
        ...['-D', target.argument, '-U', ADMIN, '--auth=scram-sha-256'],
        `--pwfile=${inherited ? `/proc/self/fd/${2 + fds.length}` : passwordFile}`,
        ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        ...['--set', 'max_connections=100'],
      ],
      { user, descriptors: inherited ? fds : [] },
    );
  } finally {
    await target.close();
    await handle.close();
    await rm(passwordFile, { force: true });
  }
}

function run(
  file: string,
  args: readonly string[],
  { user, descriptors }: { user: ServerUser | undefined; descriptors: readonly number[] },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...user,
      cwd: '/',
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    const fail = (what: string, cause?: unknown) =>
      reject(new StartupError('embedded_failed', `The embedded PostgreSQL could not be set up: ${what}`, { cause }));
    child.once('error', (error) => fail(error.message, error));
    child.once('close', (code) => (code === 0 ? resolve() : fail(output.trim().split('\n').slice(-5).join(' '))));
  });
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
