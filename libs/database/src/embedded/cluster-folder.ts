import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { platform } from 'node:os';
import type { ServerUser } from './server-user.js';

/** The third descriptor of a PostgreSQL process is its data directory, where it may not be able to walk to its path. */
const FD = 3;

/**
 * How a child process names the folder of the cluster. As root on Linux it inherits the opened folder, so that it works
 * below folders that are closed to the server's own user (`/root`, a data directory with mode 0700).
 */
export interface ClusterFolder {
  /** For `-D`. */
  readonly argument: string;
  /** For `stdio`, from index 3 on. */
  readonly descriptors: readonly number[];
  close(): Promise<void>;
}

export async function openClusterFolder(path: string, user: ServerUser | undefined): Promise<ClusterFolder> {
  if (!user || platform() !== 'linux') return { argument: path, descriptors: [], close: async () => undefined };
  const handle: FileHandle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  return { argument: `/proc/self/fd/${FD}`, descriptors: [handle.fd], close: () => handle.close() };
}
