import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../startup-error.js';

export interface MigrationFile {
  /** The package it comes from: the name of the folder that holds `migrations/`, e.g. `messaging` or `authz`. */
  readonly source: string;
  /** `0001_roles` */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with `\n` line ends, hex: a checkout with other line ends is no edit. */
  readonly checksum: string;
}

const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

/** Reads one folder, in order. A name that does not fit `NNNN_name.sql`, or a number used twice, is refused. */
export async function readMigrations(folder: URL): Promise<readonly MigrationFile[]> {
  const path = fileURLToPath(folder).replace(/[\\/]$/, '');
  const source = basename(dirname(path));
  const names = (await readdir(path)).filter((name) => name.endsWith('.sql')).sort();
  const seen = new Set<string>();
  const files: MigrationFile[] = [];
  for (const name of names) {
    const number = name.slice(0, 4);
    if (!FILE_NAME.test(name) || seen.has(number)) {
      throw new StartupError(
        'migration_invalid',
        `Migration ${source}/${name} must be named NNNN_name.sql with a number of its own.`,
      );
    }
    seen.add(number);
    const sql = (await readFile(`${path}/${name}`, 'utf8')).replaceAll('\r\n', '\n');
    files.push({
      source,
      name: name.slice(0, -'.sql'.length),
      sql,
      checksum: createHash('sha256').update(sql).digest('hex'),
    });
  }
  return files;
}
