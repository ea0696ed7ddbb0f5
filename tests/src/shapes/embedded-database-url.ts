import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where standalone keeps its embedded PostgreSQL below the data directory. */
export const EMBEDDED_FOLDER = 'postgres';

/** The superuser URL of a running standalone's embedded PostgreSQL, read from what it keeps in its data directory. */
export async function embeddedDatabaseUrl(dataDir: string): Promise<string> {
  const folder = join(dataDir, EMBEDDED_FOLDER);
  const password = await readFile(join(folder, 'password'), 'utf8');
  return `postgres://postgres:${password.trim()}@127.0.0.1:${(await readPostmaster(dataDir)).port}/postgres`;
}

/** Pid and port of the embedded PostgreSQL, as its own pid file says. */
export async function readPostmaster(dataDir: string): Promise<{ readonly pid: number; readonly port: number }> {
  const lines = (await readFile(join(dataDir, EMBEDDED_FOLDER, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}
