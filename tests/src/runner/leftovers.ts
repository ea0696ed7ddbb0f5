import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that outlived the run that started it. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/**
 * Processes that this run started, directly or not, and that are still there: they carry the run's id in their
 * environment, or work inside its folder (PostgreSQL sees nothing of our environment). Empty where there is no /proc.
 */
export function findLeftovers(runId: string, folder: string): readonly Leftover[] {
  let entries: readonly string[];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const pid = Number(entry);
    if (pid === process.pid) return [];
    const isOurs = read(pid, 'environ').includes(`LUMO_TEST_RUN=${runId}`) || workingFolder(pid).startsWith(folder);
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    return isOurs && command !== '' ? [{ pid, command: command.slice(0, 200) }] : [];
  });
}

/** Ends them at once. */
export function endLeftovers(leftovers: readonly Leftover[]): void {
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
