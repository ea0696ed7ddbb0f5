import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@lumo/database/embedded';

/** A real server that a test started on a free port of 127.0.0.1. */
export interface LocalServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends the process at once, as a crash would; `start` brings it back on the same port and data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

export interface ServerProgram {
  readonly name: string;
  readonly url: (port: number) => string;
  readonly args: (port: number, folder: string) => readonly string[];
}

/**
 * Starts a server program of this machine; undefined where it is not installed, so that the test is skipped by name.
 * With CI=true a missing program is an error: nothing may be skipped there.
 */
export async function startLocalServer(program: ServerProgram): Promise<LocalServer | undefined> {
  const file = await findProgram(program.name);
  if (!file) return undefined;
  const folder = await mkdtemp(join(tmpdir(), `lumo-${program.name}-`));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const endNow = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.on('exit', endNow);
  const start = async () => {
    child = spawn(file, [...program.args(port, folder)], { stdio: 'ignore', cwd: folder });
    await once(child, 'spawn');
    await untilListening(child, port, program.name);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const stop = async () => {
    await end('SIGKILL');
    process.off('exit', endNow);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: program.url(port),
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    kill: () => end('SIGKILL'),
    start,
    stop,
  };
}

/** @throws where the program is missing and CI=true */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const file = join(folder, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder && runs) return file;
  }
  if (process.env.CI === 'true') throw new Error(`${name} is not installed, and with CI=true no test may be skipped`);
  return undefined;
}

async function untilListening(child: ChildProcess, port: number, name: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended before it listened`);
    const listening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (listening) return;
    await delay(10);
  }
}
