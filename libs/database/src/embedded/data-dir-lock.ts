import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import { currentProcess, type ProcessIdentity, stateOf } from './process-identity.js';

export interface DataDirLock {
  release(): Promise<void>;
}

interface LockContent extends ProcessIdentity {
  readonly token: string;
}

const FILE = 'lumo.lock';
const HEARTBEAT_MS = 3_000;
/** An owner in another container is taken for dead after this long without a heartbeat. */
const SILENCE_MS = 10_000;

/**
 * Makes this process the only one that works in `dataDir` (created 0700 where missing). Throws `StartupError`
 * `data_dir_locked`, naming the pid, while another lives; takes over at once from a dead one, whatever its pid is now used for.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, FILE);
  const mine: LockContent = { ...currentProcess(), token: randomUUID() };
  const draft = `${path}.${mine.token}`;
  await writable(dataDir, async () => {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  });
  try {
    // `link` fails where the name exists, in one step, with the content already in place.
    while (!(await linked(draft, path))) await clearDeadLock(dataDir, path);
  } finally {
    await rm(draft, { force: true });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await read(path))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function clearDeadLock(dataDir: string, path: string): Promise<void> {
  const owner = await read(path);
  if (owner) {
    const state = stateOf(owner);
    if (state === 'alive' || (state === 'elsewhere' && (await hasHeartbeat(path)))) {
      throw new StartupError(
        'data_dir_locked',
        `Another LumoAuth (pid ${owner.pid}) is using the data directory ${dataDir}. ` +
          'Stop it, or give this one its own LUMO_DATA_DIR.',
      );
    }
  }
  // Of several that found the same dead lock one renames it; that nobody took it meanwhile shows in what was renamed.
  const aside = `${path}.${randomUUID()}.dead`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await read(aside);
  if (moved?.token !== owner?.token) await linked(aside, path);
  await rm(aside, { force: true });
}

async function hasHeartbeat(path: string): Promise<boolean> {
  const first = await modifiedMs(path);
  if (first === undefined) return false;
  for (const until = Date.now() + SILENCE_MS; Date.now() < until; await delay(200)) {
    const now = await modifiedMs(path);
    if (now === undefined) return false;
    if (now !== first) return true;
  }
  return false;
}

async function modifiedMs(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => undefined,
  );
}

async function read(path: string): Promise<LockContent | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockContent;
  } catch {
    return undefined;
  }
}

/** Runs the first write into the data directory, and says what to do where the file system refuses it. */
async function writable(dataDir: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new StartupError(
      'data_dir_unwritable',
      `The data directory ${dataDir} is not writable (${code}). Give this user the right to write there, or set LUMO_DATA_DIR.`,
      { cause: error },
    );
  }
}
