import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findInstalled } from '../support/find-installed.js';

/** A server or browser that the tests use and that no npm package brings. */
interface TestProgram {
  /** The Debian package. */
  readonly name: string;
  readonly commands: readonly string[];
  readonly usedFor: string;
}

export const TEST_PROGRAMS = {
  nats: { name: 'nats-server', commands: ['nats-server'], usedFor: 'the cluster and its messages' },
  redis: { name: 'redis-server', commands: ['redis-server'], usedFor: 'the cluster and its short-lived state' },
  chromium: {
    name: 'chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    usedFor: 'the hosted pages in a browser',
  },
} as const satisfies Record<string, TestProgram>;

export type TestProgramName = keyof typeof TEST_PROGRAMS;

/** Installs what is missing where that can be done without asking; returns what is missing after that. */
export async function preparePrograms(
  needed: readonly TestProgramName[],
  say: (text: string) => void,
): Promise<readonly TestProgramName[]> {
  const missing = await missingOf(needed);
  if (missing.length === 0) return [];
  const packages = missing.map((program) => TEST_PROGRAMS[program].name);
  if (canInstall()) {
    say(`installing ${packages.join(', ')} with apt-get`);
    await aptGet(['update', '-q']);
    await aptGet(['install', '-y', '-q', '--no-install-recommends', ...packages]);
  }
  const still = await missingOf(missing);
  for (const program of still) {
    const { name, usedFor } = TEST_PROGRAMS[program];
    say(`${name} is not installed: install it to test ${usedFor}`);
  }
  return still;
}

async function missingOf(programs: readonly TestProgramName[]): Promise<TestProgramName[]> {
  const found = await Promise.all(programs.map((program) => findInstalled(TEST_PROGRAMS[program].commands)));
  return programs.filter((_, index) => found[index] === undefined);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function aptGet(args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    // RUNLEVEL=1: the packages are wanted, their system services are not.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const child = spawn('apt-get', [...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    // What apt-get could not do shows in what is missing afterwards.
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
