import { rm } from 'node:fs/promises';
import { clusterPassword, clusterPaths } from './create-cluster.js';
import { lockDataDir } from './data-dir-lock.js';
import { stopOrphan } from './orphan.js';

/**
 * Removes a server's folder whose process was killed, and ends the server where it still runs. For throw-away servers.
 * Throws `StartupError` `data_dir_locked` where it is in use.
 */
export async function removeAbandonedPostgres(dataDir: string): Promise<void> {
  const lock = await lockDataDir(dataDir);
  try {
    await stopOrphan(clusterPaths(dataDir).data, await clusterPassword(dataDir));
  } finally {
    await lock.release();
  }
  await rm(dataDir, { recursive: true, force: true });
}
