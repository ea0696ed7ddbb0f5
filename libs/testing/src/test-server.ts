import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, removeAbandonedPostgres, startEmbeddedPostgres } from '@lumo/database/embedded';

/** A PostgreSQL server that forgets everything; it trades durability for speed. */
export interface TestServer {
  readonly adminUrl: string;
  /** Where its data is; empty for the server of the runner. */
  readonly folder: string;
  stop(): Promise<void>;
}

const PREFIX = 'lumo-test-pg-';
const ABANDONED_AFTER_MS = 60_000;
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '32MB' } as const;

/** Starts an embedded server in a temporary folder. The runner starts one and hands it on as LUMO_TEST_DATABASE_URL. */
export async function startTestServer(): Promise<TestServer> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  const server = await startEmbeddedPostgres({ dataDir: folder, settings: FORGETFUL });
  // A test process that dies early leaves neither server nor folder.
  const removeNow = () => {
    endAtOnce(server.pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.on('exit', removeNow);
  return {
    adminUrl: server.adminUrl,
    folder,
    async stop() {
      await server.stop();
      process.off('exit', removeNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Test processes that were killed leave servers behind; the next start tidies up. A folder in use is locked and stays. */
async function removeAbandoned(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    const age = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await removeAbandonedPostgres(folder).catch(() => undefined);
  }
}

/** Waits without the event loop, which no longer turns when a process exits. */
function endAtOnce(pid: number): void {
  try {
    // PostgreSQL's immediate shutdown; its data is thrown away.
    process.kill(pid, 'SIGQUIT');
  } catch {
    return;
  }
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < 200 && isRunning(pid); waited++) Atomics.wait(pause, 0, 0, 5);
}

let running: Promise<TestServer> | undefined;
let users = 0;

/** The server of this process (or of the runner), counted: the last one who returns it stops it. */
export async function borrowTestServer(): Promise<TestServer> {
  const shared = process.env.LUMO_TEST_DATABASE_URL;
  if (shared) return { adminUrl: shared, folder: '', stop: async () => undefined };
  users++;
  running ??= startTestServer();
  const { adminUrl, folder, stop } = await running;
  return {
    adminUrl,
    folder,
    async stop() {
      if (--users > 0) return;
      running = undefined;
      await stop();
    },
  };
}
