import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { ADMIN, clusterPassword, clusterPaths, ensureCluster } from './create-cluster.js';
import { lockDataDir } from './data-dir-lock.js';
import { stopOrphan } from './orphan.js';
import { serverUser } from './server-user.js';
import { type RunningServer, startServer } from './start-server.js';
import { stopWithProcess } from './stop-with-process.js';

export interface EmbeddedPostgresOptions {
  /** The server's own folder (`data/`, `password`, `server.log`, `lumo.lock`, `lumo.pid`); created 0700. */
  readonly dataDir: string;
  /** The server ended although nobody stopped it. The data is safe; the process should end and start again. */
  readonly onCrash?: (detail: { readonly code: number | null; readonly signal: string | null }) => void;
  /** An earlier run was killed and left its server running; it has been stopped. */
  readonly onOrphan?: (pid: number) => void;
  /** Settings of `postgresql.conf` that replace ours; tests switch durability off. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** URL of the superuser, on a random port of 127.0.0.1. */
  readonly adminUrl: string;
  readonly pid: number;
  /** Fast shutdown; resolves when the process is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of the npm package on `dataDir`, creating the cluster where there is none. Works as root and as a
 * plain user. Throws `StartupError` where the directory is not writable, in use, or of another major version.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataDir);
  const lock = await lockDataDir(folder);
  try {
    const user = await serverUser(clusterPaths(folder).data);
    const binaries = await findBinaries(user);
    const password = await clusterPassword(folder);
    const orphan = await stopOrphan(clusterPaths(folder).data, password);
    if (orphan) options.onOrphan?.(orphan);
    await ensureCluster(folder, binaries, user, password);
    const server = await startServer(folder, binaries, user, options.settings ?? {});
    return supervise(server, binaries, folder, password, options, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function supervise(
  server: RunningServer,
  binaries: PostgresBinaries,
  folder: string,
  password: string,
  options: EmbeddedPostgresOptions,
  release: () => Promise<void>,
): EmbeddedPostgres {
  const { child, pid, port } = server;
  let stopping: Promise<void> | undefined;
  const gone = once(child, 'exit');
  child.once('exit', (code, signal) => {
    if (!stopping) options.onCrash?.({ code, signal });
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      // A handle that waits for the end keeps this process alive for it.
      child.ref();
      shutDown(pid, binaries, folder);
      const impatient = setTimeout(() => child.kill('SIGQUIT'), 30_000);
      await gone;
      clearTimeout(impatient);
    }
    detach();
    await release();
  };
  const handle: EmbeddedPostgres = {
    adminUrl: `postgres://${ADMIN}:${password}@127.0.0.1:${port}/${ADMIN}`,
    pid,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
  const detach = stopWithProcess({
    stop: () => handle.stop(),
    stopNow: () => {
      if (child.exitCode === null && child.signalCode === null) shutDown(pid, binaries, folder);
    },
  });
  return handle;
}

/** PostgreSQL's fast shutdown: open transactions are rolled back, everything committed is on disk. */
function shutDown(pid: number, binaries: PostgresBinaries, folder: string): void {
  if (process.platform === 'win32') {
    spawnSync(binaries.pgCtl, ['stop', '-D', clusterPaths(folder).data, '-m', 'fast', '-W']);
    return;
  }
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    // Already gone.
  }
}
