import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from '../startup-error.js';

export interface DataDirLock {
  release(): Promise<void>;
}

const LOCK = 'lumo.lock';
const OWNER = 'lumo.pid';
const SQLITE_BUSY = 5;

/**
 * Makes this process the only one that works in `dataDir` (created 0700 where missing). Throws `StartupError`
 * `data_dir_locked`, naming the pid, while another lives.
 *
 * The lock is one of the operating system (SQLite's exclusive transaction on an empty file): it ends with its process,
 * however that ends, no later process with the same pid can be mistaken for it, and containers that share the folder
 * respect each other. The file stays: removing it would let two processes lock two files of the same name.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const owner = join(dataDir, OWNER);
  let lock: DatabaseSync | undefined;
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(dataDir, LOCK), { timeout: 0 });
    lock.exec('begin exclusive');
    await writeFile(owner, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock?.close();
    if ((error as { readonly errcode?: number }).errcode === SQLITE_BUSY) throw await inUse(dataDir);
    throw new StartupError(
      'data_dir_unwritable',
      `The data directory ${dataDir} is not writable (${reasonOf(error)}). ` +
        'Give this user the right to write there, or set LUMO_DATA_DIR.',
      { cause: error },
    );
  }
  const held = lock;
  let released: Promise<void> | undefined;
  return {
    release() {
      released ??= rm(owner, { force: true }).finally(() => held.close());
      return released;
    },
  };
}

async function inUse(dataDir: string): Promise<StartupError> {
  const pid = (await readFile(join(dataDir, OWNER), 'utf8').catch(() => '')).trim();
  return new StartupError(
    'data_dir_locked',
    `Another LumoAuth${pid && ` (pid ${pid})`} is using the data directory ${dataDir}. ` +
      'Stop it, or give this one its own LUMO_DATA_DIR.',
  );
}

function reasonOf(error: unknown): string {
  const { code, errstr } = error as { readonly code?: string; readonly errstr?: string };
  return errstr ?? code ?? String(error);
}
