import { StartupError } from '../startup-error.js';
import type { MigrationFile } from './migration-files.js';

/** A migration that the database says has run. */
export interface LandedMigration {
  readonly source: string;
  readonly name: string;
  readonly checksum: string;
}

/**
 * Which files have still to run in a schema, in order. Refuses (throws `StartupError`) what forward-only forbids: data of a
 * newer version, an edited landed file, a file numbered below one that has landed.
 */
export function planMigrations(
  schema: string,
  files: readonly MigrationFile[],
  landed: readonly LandedMigration[],
): readonly MigrationFile[] {
  const fileByKey = new Map(files.map((file) => [keyOf(file), file]));
  const landedKeys = new Set(landed.map(keyOf));
  const newest = new Map<string, string>();
  for (const migration of landed) {
    const file = fileByKey.get(keyOf(migration));
    if (!file) {
      throw new StartupError(
        'data_newer',
        `The database is of a newer version: schema ${schema} has the migration ${keyOf(migration)}, which this ` +
          'version does not know. Start the newer version, or restore a backup that fits this one. Nothing was changed.',
      );
    }
    if (file.checksum !== migration.checksum) {
      throw new StartupError(
        'migration_changed',
        `Migration ${keyOf(migration)} was edited after it ran in schema ${schema}. ` +
          'Restore the file and put the change into a new one. Nothing was changed.',
      );
    }
    if (migration.name > (newest.get(migration.source) ?? '')) newest.set(migration.source, migration.name);
  }
  const pending = files.filter((file) => !landedKeys.has(keyOf(file)));
  for (const file of pending) {
    const after = newest.get(file.source);
    if (after && file.name < after) {
      throw new StartupError(
        'migration_order',
        `Migration ${keyOf(file)} is numbered below ${after}, which has already run in schema ${schema}. ` +
          'Give it the next free number. Nothing was changed.',
      );
    }
  }
  return pending;
}

export function keyOf({ source, name }: { readonly source: string; readonly name: string }): string {
  return `${source}/${name}`;
}
