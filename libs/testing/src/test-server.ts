import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@lumo/database/embedded';

/** A PostgreSQL server that forgets everything; it trades durability for speed. */
export interface TestServer {
  readonly adminUrl: string;
  stop(): Promise<void>;
}

const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '32MB' } as const;

/** Starts an embedded server in a temporary folder. The runner starts one and hands it on as LUMO_TEST_DATABASE_URL. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lumo-test-pg-'));
  const removeNow = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const server = await startEmbeddedPostgres({ dataDir: folder, settings: FORGETFUL });
  // After the listener of the server itself: a test process that dies early leaves neither server nor folder.
  process.on('exit', removeNow);
  return {
    adminUrl: server.adminUrl,
    async stop() {
      await server.stop();
      process.off('exit', removeNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let running: Promise<TestServer> | undefined;
let users = 0;

/** The server of this process (or of the runner), counted: the last one who returns it stops it. */
export async function borrowTestServer(): Promise<TestServer> {
  const shared = process.env.LUMO_TEST_DATABASE_URL;
  if (shared) return { adminUrl: shared, stop: async () => undefined };
  users++;
  running ??= startTestServer();
  const { adminUrl, stop } = await running;
  return {
    adminUrl,
    async stop() {
      if (--users > 0) return;
      running = undefined;
      await stop();
    },
  };
}
