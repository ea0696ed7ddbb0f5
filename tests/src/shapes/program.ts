import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atExit } from './at-exit.js';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** How a program ended: its code, or the signal that ended it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process whose output is kept. */
export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Both streams as they came. */
  output(): string;
  readonly ended: Promise<Ending>;
  hasEnded(): boolean;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A process group of its own, so that a test can end all of it at once. */
  readonly group?: boolean;
}

/** Enough to explain a failure; a server that logs for minutes must not fill the memory of the tests. */
const MAX_OUTPUT_CHARS = 4_000_000;

/** Runs a compiled file of this repository (`services/x/dist/main.js`) on the Node that runs the tests. */
export function startProgram({ args, env, group = false }: ProgramOptions): Program {
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    cwd: ROOT,
    env,
    detached: group,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS);
    });
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal }));
  // A test that dies early takes its programs with it.
  const forget = atExit(() => child.kill('SIGKILL'));
  ended.finally(forget).catch(() => undefined);
  return {
    child,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    hasEnded,
    end(signal) {
      if (!hasEnded()) child.kill(signal);
      return ended;
    },
  };
}

/**
 * The environment of a started program: what the machine needs and nothing that this shell happens to set for LumoAuth.
 * `settings` come on top.
 */
export function programEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LUMO_TEST_RUN', 'NODE_EXTRA_CA_CERTS'];
  const inherited = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...settings };
}
