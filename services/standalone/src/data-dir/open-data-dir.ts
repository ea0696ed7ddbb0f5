import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockDataDir } from '@lumo/database/embedded';
import { type Secret, secret } from '@lumo/kit';
import { StartupError } from '@lumo/service';

/** Layout of the data dir that this code reads and writes. A higher number means a newer LumoAuth wrote it. */
const LAYOUT = 1;

/** The folder in which standalone keeps everything, held by this process alone. */
export interface DataDir {
  readonly path: string;
  readonly bootstrapFile: string;
  /** Where the seed keeps its secrets until `bootstrap.json` is complete. */
  readonly seedFile: string;
  readonly databaseDir: string;
  /** Copies of what the database holds: may be deleted while nothing runs. */
  readonly snapshotDir: string;
  /** The master key of this folder, made at the first start. */
  masterKey(): Promise<Secret<Uint8Array>>;
  release(): Promise<void>;
}

/** Opens and locks the data dir; every refusal is a `StartupError` that says what to do, and changes nothing. */
export async function openDataDir(setting: string): Promise<DataDir> {
  const path = resolve(setting);
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  await access(path, constants.R_OK | constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  const lock = await lockDataDir(path);
  try {
    await checkLayout(path);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    path,
    bootstrapFile: join(path, 'bootstrap.json'),
    seedFile: join(path, 'bootstrap.incomplete.json'),
    databaseDir: join(path, 'postgres'),
    snapshotDir: join(path, 'snapshots'),
    masterKey: () => readOrMakeMasterKey(join(path, 'master.key')),
    release: () => lock.release(),
  };
}

async function checkLayout(path: string): Promise<void> {
  const file = join(path, 'layout');
  const text = await readOptional(file);
  if (text === undefined) return writePrivately(file, `${LAYOUT}\n`);
  const found = Number(text);
  if (!Number.isInteger(found) || found < 1) {
    throw new StartupError(
      'data_dir_version',
      `LUMO_DATA_DIR: ${file} should hold a layout number but holds ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  if (found > LAYOUT) {
    throw new StartupError(
      'data_dir_version',
      `LUMO_DATA_DIR: ${path} was written by a newer version of LumoAuth (layout ${found}, this one knows ${LAYOUT}): start that version, or choose another folder`,
    );
  }
}

async function readOrMakeMasterKey(file: string): Promise<Secret<Uint8Array>> {
  const text = await readOptional(file);
  const bytes = text === undefined ? randomBytes(32) : Buffer.from(text.trim(), 'base64');
  if (bytes.length !== 32)
    throw new StartupError(
      'data_dir_version',
      `${file} does not hold a master key of 32 bytes: restore it from a backup`,
    );
  if (text === undefined) await writePrivately(file, `${bytes.toString('base64')}\n`);
  return secret(new Uint8Array(bytes));
}

/** Writes a file that only its owner may read, whole or not at all, and on disk before this resolves. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, text, { mode: 0o600 });
  const handle = await open(draft, 'r+');
  await handle.sync();
  await handle.close();
  await rename(draft, file);
}

export async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function unwritable(path: string, error: unknown): StartupError {
  const { code } = error as NodeJS.ErrnoException;
  return new StartupError(
    'data_dir_unwritable',
    `LUMO_DATA_DIR: cannot write to ${path} (${code}): change its owner or choose another folder`,
  );
}
