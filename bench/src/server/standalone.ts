import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@lumo/testing';
import type { Bootstrap } from './bootstrap.js';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What hashing a password costs here: the default of the product unless the shell says otherwise. */
export const PASSWORD_COST = process.env.LUMO_PASSWORD_COST ?? 'm=19456,t=2,p=1';

/** The flags with which `npm start` runs the server (scripts/bootstrap.mjs). */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=16'];

export const MAIN = 'services/standalone/dist/main.js';

export interface StandaloneOptions {
  readonly dataDir: string;
  /** More flags of Node, e.g. for the inspector. */
  readonly nodeArgs?: readonly string[];
  /** More settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What `npm start` runs, on a loopback port and without rate limits. */
export interface Standalone {
  readonly pid: number;
  readonly baseUrl: string;
  readonly bootstrap: Bootstrap;
  /** From the start of the process until `/readyz` was 200. */
  readonly readyMs: number;
  /** The same until `bootstrap.json` was written; more than `readyMs` at the first start only. */
  readonly seededMs: number;
  /** The end of what it wrote. */
  output(): string;
  /** SIGTERM, and SIGKILL where that does not help. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Stops every server that was started, for a bench that is interrupted. */
export async function stopEverything(): Promise<void> {
  await Promise.all([...running].map(stop));
}

const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 25_000;
const LOOK_EVERY_MS = 10;
const MAX_OUTPUT_CHARS = 100_000;

export async function startStandalone({
  dataDir,
  nodeArgs = [],
  settings = {},
}: StandaloneOptions): Promise<Standalone> {
  const port = await freePort();
  const baseUrl = `http://localhost:${port}`;
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, ...nodeArgs, MAIN], {
    cwd: ROOT,
    env: environment({ LUMO_DATA_DIR: dataDir, LUMO_PORT: String(port), ...settings }),
    // The server stops when the channel closes: it does not outlive the bench, however that ends.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS);
    });
  }
  try {
    const until = async (what: string, isTrue: () => Promise<boolean>): Promise<number> => {
      while (!(await isTrue())) {
        if (hasEnded(child)) throw new Error(`the server ended before ${what}:\n${output}`);
        if (performance.now() - startedMs > START_PATIENCE_MS) throw new Error(`${what} took too long:\n${output}`);
        await sleep(LOOK_EVERY_MS);
      }
      return performance.now() - startedMs;
    };
    const bootstrapFile = join(dataDir, 'bootstrap.json');
    const readyMs = await until('it was ready', () => isReady(port));
    const seededMs = await until('bootstrap.json', async () => existsSync(bootstrapFile));
    const bootstrap = JSON.parse(await readFile(bootstrapFile, 'utf8')) as Bootstrap;
    const pid = child.pid ?? 0;
    return { pid, baseUrl, bootstrap, readyMs, seededMs, output: () => output, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].map((name) => [name, process.env[name]] as const);
  return {
    ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
    LUMO_RATE_LIMITS: 'off',
    LUMO_PASSWORD_COST: PASSWORD_COST,
    LOG_LEVEL: 'warn',
    ...settings,
  };
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: 'localhost', port, path: '/readyz', agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await ended;
  clearTimeout(force);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
