import { parseArgs } from 'node:util';
import type { ShapeName } from '../shapes/shape.js';

/** What a developer asked for; all of it where nothing was. */
export interface RunOptions {
  /** Files whose path contains this text (or matches it as a regular expression). */
  readonly only: RegExp | undefined;
  readonly shape: ShapeName | undefined;
  /** Only tests that have a longer form, and those in full length: `npm run test:long`. */
  readonly long: boolean;
}

export const USAGE = 'Usage: npm test -- [--only <part of a file path>] [--shape standalone|cluster] [--long]';

/** @throws Error with the usage where the arguments are not understood */
export function readArguments(args: readonly string[]): RunOptions {
  let values: { only?: string | undefined; shape?: string | undefined; long?: boolean | undefined };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string' }, shape: { type: 'string' }, long: { type: 'boolean' } },
    }));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`);
  }
  const { only, shape, long = false } = values;
  if (shape !== undefined && shape !== 'standalone' && shape !== 'cluster') {
    throw new Error(`--shape: got "${shape}", wants standalone or cluster\n${USAGE}`);
  }
  return { only: only === undefined ? undefined : new RegExp(only), shape, long };
}
