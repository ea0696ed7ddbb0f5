import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process of this machine, as /proc shows it. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Empty where it cannot be read. */
  readonly folder: string;
}

/** Every process that runs now; one that ended and waits to be collected does not. Empty where there is no /proc. */
export function runningProcesses(): readonly RunningProcess[] {
  return pids().flatMap((pid) => {
    const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // The command in parentheses may hold anything; behind the last ")" come the state and the parent (proc_pid_stat(5)).
    const [state = 'X', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '' || /^[ZX]/.test(state)) return [];
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return [{ pid, parent: Number(parent), command, folder: read(() => readlinkSync(`/proc/${pid}/cwd`)) }];
  });
}

/** The process and everything below it. */
export function familyOf(pid: number): readonly RunningProcess[] {
  const all = runningProcesses();
  const below = (parent: number): readonly RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return [...all.filter((one) => one.pid === pid), ...below(pid)];
}

/** Processes that work inside a folder, as every PostgreSQL does in its data. */
export function workingIn(folder: string): readonly RunningProcess[] {
  return runningProcesses().filter((one) => one.folder === folder || one.folder.startsWith(`${folder}/`));
}

/** Those of them that still run, for the message of a failure. */
export function stillRunning(family: readonly RunningProcess[]): readonly string[] {
  const now = runningProcesses();
  return family
    .filter((one) => now.some(({ pid, command }) => pid === one.pid && command === one.command))
    .map(({ pid, command }) => `${pid} ${command}`);
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
