import { readdirSync, readFileSync } from 'node:fs';

/** What a server used so far: its own process, and its database server with every backend. */
export interface Usage {
  readonly node: { readonly cpuSeconds: number; readonly rssBytes: number; readonly peakRssBytes: number };
  readonly database: {
    readonly cpuSeconds: number;
    /** Proportional share (PSS), because backends share their buffers; undefined where it may not be read. */
    readonly pssBytes: number | undefined;
  };
  /** Every process of the machine together. */
  readonly machineCpuSeconds: number;
}

/** One line of `/proc/<pid>/stat` as far as it is needed (proc_pid_stat(5)). Times in clock ticks. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly own: number;
  /** Of children that ended and were waited for. */
  readonly endedChildren: number;
}

/** USER_HZ: fixed at 100 in the interface of the kernel to user space. */
const TICKS_PER_SECOND = 100;

/** Reads the usage of a process and its descendants; undefined where the system has no `/proc`. */
export function readUsage(pid: number): Usage | undefined {
  if (process.platform !== 'linux') return undefined;
  const stats = readAll();
  const own = stats.find((stat) => stat.pid === pid);
  if (!own) return undefined;
  const children = descendants(stats, pid);
  const status = read(`/proc/${pid}/status`);
  return {
    node: {
      cpuSeconds: own.own / TICKS_PER_SECOND,
      rssBytes: kilobytes(status, 'VmRSS') ?? 0,
      peakRssBytes: kilobytes(status, 'VmHWM') ?? 0,
    },
    database: {
      cpuSeconds: sum(children.map((child) => child.own + child.endedChildren)) / TICKS_PER_SECOND,
      pssBytes: proportional(children.map((child) => child.pid)),
    },
    machineCpuSeconds: busyTicks(read('/proc/stat')) / TICKS_PER_SECOND,
  };
}

/** Fields are counted from behind the name, which may contain spaces and parentheses. */
export function parseStat(line: string): ProcessStat | undefined {
  const end = line.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = line.slice(end + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    own: field(14) + field(15),
    endedChildren: field(16) + field(17),
  };
}

export function descendants(stats: readonly ProcessStat[], pid: number): readonly ProcessStat[] {
  const children = stats.filter((stat) => stat.parent === pid);
  return children.flatMap((child) => [child, ...descendants(stats, child.pid)]);
}

/** The first line of `/proc/stat`: user nice system idle iowait irq softirq steal; what waits is not busy. */
export function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return user + nice + system + irq + softirq;
}

function readAll(): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(read(`/proc/${name}/stat`)) ?? []);
}

function proportional(pids: readonly number[]): number | undefined {
  const shares = pids.map((pid) => kilobytes(read(`/proc/${pid}/smaps_rollup`), 'Pss'));
  return shares.some((share) => share === undefined) ? undefined : sum(shares.map((share) => share ?? 0));
}

function kilobytes(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
}

/** A process may end while it is looked at: then there is nothing to read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
