import { parseArgs } from 'node:util';

/** What is measured, and for how long. */
export interface BenchOptions {
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Names of the parts to run; all of them where none is named. */
  readonly only: readonly string[];
  /** How many orgs there are at the points of the curve, ascending. */
  readonly orgs: readonly number[];
  /** Where the time of the server's main thread goes, for each scenario. */
  readonly profile: boolean;
  /** How many relation tuples there are. */
  readonly tuples: number;
  /** Another server that speaks the OpenFGA API, measured instead of ours. */
  readonly openFga?: { readonly url: string; readonly token?: string };
}

export const USAGE =
  'Usage: npm run bench -- [--quick | --seconds <n>] [--only <name>[,<name>]] [--orgs 1,100,10000] ' +
  '[--tuples <n>] [--openfga-url <url> [--openfga-token <token>]] [--profile]';

const DEFAULT_SECONDS = 8;
const QUICK_SECONDS = 2;
const MAX_SECONDS = 120;
const MAX_ORGS = 100_000;
const DEFAULT_ORGS = '1,100,10000';
const QUICK_ORGS = '1,100';
const DEFAULT_TUPLES = 1_000_000;
const QUICK_TUPLES = 50_000;
const MIN_TUPLES = 20_000;
const MAX_TUPLES = 10_000_000;

/**
 * Reads the command line.
 * @param names what `--only` may name
 * @throws Error with the usage where the arguments are not understood
 */
export function readArguments(args: readonly string[], names: readonly string[]): BenchOptions {
  const values = parse(args);
  const seconds = values.quick ? QUICK_SECONDS : Number(values.seconds ?? DEFAULT_SECONDS);
  if (!(seconds >= 1 && seconds <= MAX_SECONDS))
    throw wrong('--seconds', values.seconds, `a number from 1 to ${MAX_SECONDS}`);
  const only = list(values.only ?? '');
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong('--only', unknown, `one of ${names.join(', ')}`);
  const orgs = list(values.orgs ?? (values.quick ? QUICK_ORGS : DEFAULT_ORGS)).map(Number);
  if (orgs.length === 0 || !orgs.every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_ORGS))
    throw wrong('--orgs', values.orgs, `whole numbers from 1 to ${MAX_ORGS}`);
  const tuples = Number(values.tuples ?? (values.quick ? QUICK_TUPLES : DEFAULT_TUPLES));
  if (!(Number.isInteger(tuples) && tuples >= MIN_TUPLES && tuples <= MAX_TUPLES))
    throw wrong('--tuples', values.tuples, `a whole number from ${MIN_TUPLES} to ${MAX_TUPLES}`);
  const url = values['openfga-url'];
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw wrong('--openfga-url', url, 'a URL');
  const token = values['openfga-token'];
  return {
    tuples,
    ...(url !== undefined && { openFga: { url, ...(token !== undefined && { token }) } }),
    warmUpMs: Math.min(2000, seconds * 500),
    measureMs: seconds * 1000,
    only,
    orgs: [...new Set(orgs)].sort((a, b) => a - b),
    profile: values.profile ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      quick: { type: 'boolean' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      orgs: { type: 'string' },
      tuples: { type: 'string' },
      'openfga-url': { type: 'string' },
      'openfga-token': { type: 'string' },
      profile: { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`);
  }
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function wrong(option: string, got: string | undefined, wants: string): Error {
  return new Error(`${option}: got "${got ?? ''}", wants ${wants}\n${USAGE}`);
}
