import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer } from '@lumo/testing';
import { startCluster } from '../shapes/cluster.js';
import type { Shape, ShapeName, Target } from '../shapes/shape.js';
import { startStandalone } from '../shapes/standalone.js';
import type { RunOptions } from './arguments.js';
import type { TestProgramName } from './programs.js';

/** A group of test files that share a preparation. */
export interface Part {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly shape: ShapeName | 'none';
  /** Without these the part cannot run. */
  readonly needs: readonly TestProgramName[];
  readonly detail: 'files' | 'tests';
  readonly fileTimeoutMs: number;
  /** Starts what the files share; the variables are for their processes. */
  prepare(): Promise<{ readonly env: Readonly<Record<string, string>>; close(): Promise<void> }>;
}

const BLACK_BOX = ['tests/dist/suites/*.test.js'];
const NOTHING_SHARED = { env: {}, close: async () => undefined };
const MINUTE = 60_000;

/** Everything `npm test` runs, in order. */
export const PARTS: readonly Part[] = [
  {
    name: 'unit tests and contract suites',
    patterns: [
      'libs/*/dist/**/*.test.js',
      'services/*/dist/**/*.test.js',
      'tests/dist/{runner,shapes,support}/**/*.test.js',
      'bench/dist/**/*.test.js',
      'scripts/**/*.test.mjs',
    ],
    shape: 'none',
    needs: [],
    detail: 'files',
    fileTimeoutMs: 3 * MINUTE,
    async prepare() {
      const server = await startTestServer();
      return { env: { LUMO_TEST_DATABASE_URL: server.adminUrl }, close: () => server.stop() };
    },
  },
  {
    name: 'standalone, end to end',
    patterns: [...BLACK_BOX, 'tests/dist/readme.test.js'],
    shape: 'standalone',
    needs: [],
    detail: 'tests',
    fileTimeoutMs: 3 * MINUTE,
    prepare: async () => pointAt(await startStandalone()),
  },
  {
    name: 'cluster, end to end',
    patterns: BLACK_BOX,
    shape: 'cluster',
    needs: ['nats', 'redis'],
    detail: 'tests',
    fileTimeoutMs: 3 * MINUTE,
    prepare: async () => pointAt(await startCluster()),
  },
  {
    name: 'life and death of standalone',
    patterns: ['tests/dist/processes/standalone/*.test.js'],
    shape: 'standalone',
    needs: [],
    detail: 'tests',
    fileTimeoutMs: 4 * MINUTE,
    prepare: async () => NOTHING_SHARED,
  },
  {
    name: 'faults of a cluster',
    patterns: ['tests/dist/processes/cluster/*.test.js'],
    shape: 'cluster',
    needs: ['nats', 'redis'],
    detail: 'tests',
    fileTimeoutMs: 4 * MINUTE,
    prepare: async () => NOTHING_SHARED,
  },
];

/** The parts that the options leave. */
export function chooseParts({ shape }: RunOptions): readonly Part[] {
  return shape === undefined ? PARTS : PARTS.filter((part) => part.shape === shape);
}

/** Tells the suites where the platform is. */
async function pointAt(shape: Shape): Promise<Awaited<ReturnType<Part['prepare']>>> {
  const { baseUrl, bootstrap, adminDatabaseUrl, dataDir, tls } = shape;
  const target: Target = {
    shape: shape.shape,
    baseUrl,
    bootstrap,
    adminDatabaseUrl,
    tls,
    ...(dataDir !== undefined && { dataDir }),
  };
  const file = join(tmpdir(), `target-${shape.shape}.json`);
  await writeFile(file, JSON.stringify(target), { mode: 0o600 });
  return { env: { LUMO_TEST_TARGET: file }, close: () => shape.stop() };
}
