import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './standalone.js';

/** On what the numbers were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** The commit that was checked out; empty outside a checkout. */
  readonly commit: string;
  /** Of the last minute, before anything was started: what else the machine had to do. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    commit: readCommit(join(ROOT, '.git')),
    loadBefore: loadavg()[0] ?? 0,
  };
}

function readCommit(git: string): string {
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    return ref === undefined ? head : readFileSync(join(git, ref), 'utf8').trim();
  } catch {
    return '';
  }
}
