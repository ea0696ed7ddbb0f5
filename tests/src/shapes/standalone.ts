import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@lumo/testing';
import { TERMINATOR_SETTINGS } from '../support/tls-terminator.js';
import { waitUntil } from '../support/wait-until.js';
import { createDataDir } from './data-dir.js';
import { embeddedDatabaseUrl } from './embedded-database-url.js';
import { type Program, programEnvironment, startProgram } from './program.js';
import { untilReady } from './readiness.js';
import type { Bootstrap, Shape } from './shape.js';
import { testTls } from './test-tls.js';

export interface StandaloneOptions {
  /** Variables beside the defaults of the tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** An existing data directory, which `stop` then leaves alone. */
  readonly dataDir?: string;
  readonly port?: number;
  /** The server and its children in a process group of their own. */
  readonly group?: boolean;
}

/** The platform in one process with its embedded database. */
export interface Standalone extends Shape {
  readonly program: Program;
  readonly dataDir: string;
  readonly port: number;
}

/** Hashing as cheap as the standard allows: the tests prove what is done with passwords, not what hashing costs. */
const TEST_SETTINGS = {
  LUMO_RATE_LIMITS: 'off',
  LUMO_PASSWORD_COST: 'm=64,t=1,p=1',
  LOG_LEVEL: 'warn',
  ...TERMINATOR_SETTINGS,
  // The servers of suites that this one has to call live on the loopback interface.
  LUMO_EGRESS_ALLOWED: 'localhost,127.0.0.1',
} as const;

export const STANDALONE_MAIN = 'services/standalone/dist/main.js';

/** What `npm start` runs, without waiting for it. */
export function spawnStandalone(options: {
  readonly dataDir: string;
  readonly port: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly group?: boolean;
}): Program {
  const { dataDir, port, settings = {}, group = false } = options;
  return startProgram({
    args: [STANDALONE_MAIN],
    env: programEnvironment({ ...TEST_SETTINGS, LUMO_DATA_DIR: dataDir, LUMO_PORT: String(port), ...settings }),
    group,
  });
}

/** Starts standalone and waits until it is ready. */
export async function startStandalone(options: StandaloneOptions = {}): Promise<Standalone> {
  const own = options.dataDir === undefined ? await createDataDir() : undefined;
  const dataDir = options.dataDir ?? own?.path ?? '';
  const port = options.port ?? (await freePort());
  const baseUrl = `http://localhost:${port}`;
  const tls = await testTls();
  const settings = { NODE_EXTRA_CA_CERTS: tls.caFile, ...options.settings };
  const { group } = options;
  const program = spawnStandalone({ dataDir, port, settings, ...(group && { group }) });
  const stop = async () => {
    const { code, signal } = await program.end('SIGTERM');
    await own?.remove();
    if (code !== 0) throw new Error(`standalone ended with ${signal ?? code} on SIGTERM:\n${program.output()}`);
  };
  try {
    await untilReady(baseUrl, () => program);
    // At the first start the platform is ready a moment before its first org is.
    const bootstrap = await waitUntil(() => readBootstrap(dataDir), { what: 'bootstrap.json is written' });
    return {
      shape: 'standalone',
      baseUrl,
      bootstrap,
      adminDatabaseUrl: options.settings?.DATABASE_URL ?? (await embeddedDatabaseUrl(dataDir)),
      tls: tls.server,
      dataDir,
      port,
      program,
      services: {
        standalone: {
          pid: program.pid,
          kill: async (name) => void (await program.end(name)),
          recovered: () => untilReady(baseUrl, () => program),
          output: program.output,
        },
      },
      stop,
    };
  } catch (error) {
    await program.end('SIGKILL');
    await own?.remove();
    throw error;
  }
}

export async function readBootstrap(dataDir: string): Promise<Bootstrap> {
  return JSON.parse(await readFile(join(dataDir, 'bootstrap.json'), 'utf8')) as Bootstrap;
}
