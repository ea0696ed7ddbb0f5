import { run } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ROOT } from '../shapes/program.js';
import type { Failure, Skip } from './totals.js';

export interface FileToRun {
  readonly part: string;
  /** Relative to the root. */
  readonly file: string;
  /** A file that takes longer is hung: it is ended and counts as failed. */
  readonly timeoutMs: number;
  /** `files`: a line for the file. `tests`: a line for each test too. */
  readonly detail: 'files' | 'tests';
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
  /** Ends what does not end when it is asked to. */
  readonly force: (file: string) => void;
}

export interface FileResult {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
}

interface TestEvent {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Error };
}

const FORCE_AFTER_MS = 15_000;

/** Runs one test file in a process of its own and writes readable progress. */
export async function runFile(request: FileToRun): Promise<FileResult> {
  const { part, file, detail, write } = request;
  const path = `${ROOT}${file}`;
  const shown = file.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
  const startedMs = performance.now();
  const failures: Failure[] = [];
  const skips: Skip[] = [];
  const around: string[] = [];
  let passed = 0;

  const hung = AbortSignal.timeout(request.timeoutMs);
  const signal = AbortSignal.any([request.signal, hung]);
  const stream = run({ files: [path], signal, execArgv: ['--enable-source-maps'] });
  const over = new AbortController();
  signal.addEventListener('abort', () => {
    delay(FORCE_AFTER_MS, undefined, { signal: over.signal }).then(
      () => request.force(path),
      () => undefined,
    );
  });

  const shownAround: string[] = [];
  const line = (event: TestEvent, mark: string, more: string): void => {
    if (detail !== 'tests') return;
    for (let level = 0; level < event.nesting; level++) {
      const name = around[level] ?? '';
      if (shownAround[level] === name) continue;
      shownAround.length = level;
      shownAround[level] = name;
      write(`${'  '.repeat(level + 1)}${name}\n`);
    }
    write(`${'  '.repeat(event.nesting + 1)}${mark} ${event.name}${more}\n`);
  };
  const fail = (name: string, text: string): void => {
    failures.push({ part, file: shown, name, text });
    write(`${text.replaceAll(/^/gm, '      ')}\n`);
  };

  if (detail === 'tests') write(`\n${shown}\n`);
  stream.on('test:start', ({ nesting, name }) => {
    around.length = nesting;
    around[nesting] = name;
  });
  stream.on('test:pass', (data) => {
    const event = data as TestEvent;
    if (event.details.type === 'suite') return;
    if (event.name === path) return fail(shown, 'The file has no tests.');
    if (event.skip !== undefined || event.todo !== undefined) {
      const reason = String(event.skip ?? event.todo);
      skips.push({ name: `${shown}: ${event.name}`, reason });
      return line(event, '-', ` (skipped: ${reason})`);
    }
    passed += 1;
    line(event, '✔', timeOf(event.details.duration_ms));
  });
  stream.on('test:fail', (data) => {
    const event = data as TestEvent;
    const text = describeError(event.details.error);
    // A suite fails because something in it failed, which is reported already; its own hook is not.
    if (text === undefined) return;
    if (event.name === path) {
      const why = hung.aborted ? `The file did not end within ${request.timeoutMs / 1000} s.` : text;
      return fail(shown, why);
    }
    line(event, '✘', timeOf(event.details.duration_ms));
    fail([...around.slice(0, event.nesting), event.name].join(' › '), text);
  });
  stream.on('test:stderr', ({ message }) => write(message));
  for await (const _event of stream);
  over.abort();

  if (passed + failures.length + skips.length === 0) fail(shown, 'The file has no tests.');
  if (detail === 'files') {
    const left = skips.length > 0 ? `, ${skips.length} skipped` : '';
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    write(`${failures.length > 0 ? '✘' : '✔'} ${shown} (${passed} tests${left}, ${seconds} s)\n`);
  }
  return { passed, failures, skips };
}

/** Undefined where the error only says that something inside failed. */
function describeError(error: Error | undefined): string | undefined {
  if (!error) return 'failed';
  const { failureType, cause } = error as Error & { failureType?: string };
  if (failureType === 'subtestsFailed') return undefined;
  if (failureType === 'cancelledByParent') return 'not run: what it needs failed';
  return inspect(cause ?? error, { depth: 4 });
}

function timeOf(milliseconds: number): string {
  return milliseconds < 100 ? '' : ` (${(milliseconds / 1000).toFixed(1)} s)`;
}
