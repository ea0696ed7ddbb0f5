import { readFile, stat } from 'node:fs/promises';
import { StartupError } from '../startup-error.js';

/** The user as whom PostgreSQL runs where this process is root: it refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Undefined where this process is not root. Otherwise the owner of the existing data, then `postgres`, then `nobody`. The
 * data stays closed to everyone else who runs as that user, because the folder above it belongs to root alone.
 */
export async function serverUser(existingData: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(existingData).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new StartupError(
    'embedded_unavailable',
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody". ' +
      'Start as a plain user, or set DATABASE_URL.',
  );
}
