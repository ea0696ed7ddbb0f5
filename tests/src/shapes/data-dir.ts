import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.js';

/** A temporary folder that also a test that dies early leaves nothing of. */
export interface DataDir {
  readonly path: string;
  remove(): Promise<void>;
}

export async function createDataDir(): Promise<DataDir> {
  const path = await mkdtemp(join(tmpdir(), 'lumo-data-'));
  const forget = atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return {
    path,
    async remove() {
      forget();
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
