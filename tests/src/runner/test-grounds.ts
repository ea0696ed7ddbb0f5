import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process that this run started, directly or not. */
export interface TestProcess {
  readonly pid: number;
  readonly command: string;
}

/** The temporary folder of a run and every process that belongs to it. */
export interface TestGrounds {
  /** Processes of this run that are there now, without this one. Empty where there is no /proc. */
  processes(): readonly TestProcess[];
  /** Ends them at once. */
  end(processes: readonly TestProcess[]): void;
  /** Ends every process and removes the folder; for the end of this process, so it does not wait for events. */
  clear(): void;
}

const ATTEMPTS = 40;
const PAUSE_MS = 50;

/** Makes the folder where everything of this run puts its temporary files, and marks what is started from now on. */
export function openTestGrounds(): TestGrounds {
  const id = randomUUID();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lumo-tests-')));
  // The embedded PostgreSQL of a root user runs as somebody else, who must be able to walk through.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  process.env.LUMO_TEST_RUN = id;

  const processes = () => findProcesses(id, folder);
  const end = (found: readonly TestProcess[]) => {
    for (const { pid } of found) kill(pid);
  };
  return {
    processes,
    end,
    clear() {
      // What is being started while we look shows up, and writes, a moment later.
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const left = processes();
        end(left);
        if (left.length === 0 && removed(folder)) return;
        pause(PAUSE_MS);
      }
    },
  };
}

function findProcesses(id: string, folder: string): readonly TestProcess[] {
  let entries: readonly string[];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const pid = Number(entry);
    if (pid === process.pid) return [];
    const isOurs = read(pid, 'environ').includes(`LUMO_TEST_RUN=${id}`) || touches(pid, folder);
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    return isOurs && command !== '' ? [{ pid, command: command.slice(0, 200) }] : [];
  });
}

/** PostgreSQL sees nothing of our environment, but it works in the folder or has files of it open. */
function touches(pid: number, folder: string): boolean {
  if (target(`/proc/${pid}/cwd`).startsWith(folder)) return true;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => target(`/proc/${pid}/fd/${fd}`).startsWith(folder));
  } catch {
    return false;
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
