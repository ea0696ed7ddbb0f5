import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CpuProfile } from '../server/cpu-profile.js';
import { ROOT } from '../server/standalone.js';
import type { Report } from './report.js';

/** A name for everything that one run leaves: `2026-01-31T12-00-00Z`. */
export function resultName(startedAt: Date): string {
  return startedAt.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
}

const FOLDER = join(ROOT, 'bench', 'results');

/** Writes the report; resolves with its path. */
export async function writeReport(name: string, report: Report): Promise<string> {
  return write(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
}

/** Writes a profile for the developer tools of Chromium; resolves with its path. */
export async function writeProfile(name: string, scenario: string, profile: CpuProfile): Promise<string> {
  return write(`${name}-${scenario}.cpuprofile`, JSON.stringify(profile));
}

async function write(name: string, text: string): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const file = join(FOLDER, name);
  await writeFile(file, text);
  return file;
}
