import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names a process so that another one with the same pid later is told apart: by its start time, and by the machine boot
 * and pid namespace in which the pid means anything (a container has its own).
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly space: string;
}

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '', space: pidSpace() };
}

/** Whether that very process runs; `elsewhere` where its pid belongs to another machine or container. */
export function stateOf(identity: ProcessIdentity): 'alive' | 'dead' | 'elsewhere' {
  if (identity.space !== pidSpace()) return 'elsewhere';
  return startTimeOf(identity.pid) === identity.startedAt ? 'alive' : 'dead';
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When the process started, in a form that only equality is good for; undefined where there is none (a zombie is none). */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The command in parentheses may hold anything; the fields after the last ")" are fixed (proc(5): 3 state, 22 starttime).
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  if (!isRunning(pid)) return undefined;
  if (process.platform === 'win32') return 'running';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

let space: string | undefined;

function pidSpace(): string {
  space ??= process.platform === 'linux' ? linuxPidSpace() : hostname();
  return space;
}

function linuxPidSpace(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
