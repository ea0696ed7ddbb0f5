import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from './runner/arguments.js';
import { chooseParts, type Part } from './runner/parts.js';
import { preparePrograms, type TestProgramName } from './runner/programs.js';
import { runFiles } from './runner/run-files.js';
import { findTestFiles, LONG_VARIABLE } from './runner/test-files.js';
import { openTestGrounds } from './runner/test-grounds.js';
import { exitCodeOf, lastLine, type PartResult, totalsOf } from './runner/totals.js';

const write = (text: string): void => void process.stdout.write(text);
const say = (text: string): void => write(`${text}\n`);
const noSkips = process.env.CI === 'true';

const INTERRUPT_PATIENCE_MS = 8_000;
/** A file of a long run that takes longer is hung. */
const LONG_FILE_MS = 3_600_000;

const grounds = openTestGrounds();
const interruption = new AbortController();
const running = runAll();

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => interrupt(signal, code));
}
// The bootstrap holds the other end; when it goes, nobody is left to stop this process.
process.once('disconnect', () => interrupt('the caller is gone', 1));
process.channel?.unref();
process.once('exit', () => grounds.clear());

try {
  const results = await running;
  // A run that was interrupted has nothing to say about the product.
  if (!interruption.signal.aborted) finish(results);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  say(lastLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
if (!interruption.signal.aborted) process.exit();

/** Ends what runs and leaves nothing behind; a second time it does not wait for anything. */
function interrupt(why: string, code: number): void {
  if (interruption.signal.aborted) process.exit(code);
  say(`\n${why}: stopping`);
  interruption.abort();
  Promise.race([running, delay(INTERRUPT_PATIENCE_MS)])
    .catch(() => undefined)
    .finally(() => process.exit(code));
}

async function runAll(): Promise<readonly PartResult[]> {
  const options = readArguments(process.argv.slice(2));
  if (options.long) process.env[LONG_VARIABLE] = '1';
  const parts = chooseParts(options)
    .map((part) => ({ part, files: findTestFiles(part.patterns, options) }))
    .filter(({ files }) => files.length > 0);
  const missing = await preparePrograms(neededBy(parts), say);
  const results: PartResult[] = [];
  for (const { part, files } of parts) {
    if (interruption.signal.aborted) break;
    say(`\n▶ ${part.name} (${files.length} files)`);
    const lacking = part.needs.filter((program) => missing.includes(program));
    results.push(lacking.length > 0 ? skipped(part, files, lacking) : await runPart(part, files));
  }
  return results;
}

async function runPart(part: Part, files: readonly string[]): Promise<PartResult> {
  const startedMs = performance.now();
  let prepared: Awaited<ReturnType<Part['prepare']>>;
  try {
    prepared = await part.prepare();
  } catch (error) {
    return broken(part, 'preparation', error, startedMs);
  }
  Object.assign(process.env, prepared.env);
  const { name, detail, fileTimeoutMs } = part;
  const { signal } = interruption;
  const force = (file: string) => grounds.end(grounds.processes().filter(({ command }) => command.includes(file)));
  const timeoutMs = process.env[LONG_VARIABLE] === '1' ? LONG_FILE_MS : fileTimeoutMs;
  const result = await runFiles({ part: name, files, concurrency: 2, detail, timeoutMs, write, signal, force });
  for (const variable of Object.keys(prepared.env)) delete process.env[variable];
  const failures = [...result.failures];
  await prepared.close().catch((error: unknown) => {
    failures.push(...broken(part, 'shutdown', error, startedMs).failures);
  });
  const leftovers = grounds.processes();
  for (const { pid, command } of leftovers) {
    failures.push({ part: name, file: '', name: 'no process is left behind', text: `${pid} ${command}` });
  }
  grounds.end(leftovers);
  return { ...result, part: name, failures, seconds: (performance.now() - startedMs) / 1000 };
}

function finish(results: readonly PartResult[]): void {
  const failures = results.flatMap((result) => result.failures);
  const skips = results.flatMap((result) => result.skips);
  say('');
  for (const { part, file, name, text } of failures)
    say(`✘ ${part} › ${file}\n  ${name}\n${text.replaceAll(/^/gm, '    ')}\n`);
  for (const { name, reason } of skips) say(`${noSkips ? '✘' : '-'} skipped ${name} (${reason})`);
  for (const { part, passed, failures: failed, skips: left, seconds } of results) {
    say(`${part}: ${passed} passed, ${failed.length} failed, ${left.length} skipped in ${seconds.toFixed(0)} s`);
  }
  const totals = totalsOf(results, noSkips);
  if (totals.passed + totals.failed === 0) say('No test ran: a run without tests is a failure.');
  process.exitCode = exitCodeOf(totals);
  say(lastLine(totals));
}

function neededBy(parts: readonly { readonly part: Part; readonly files: readonly string[] }[]): TestProgramName[] {
  const needed = new Set<TestProgramName>(parts.flatMap(({ part }) => part.needs));
  const files = parts.flatMap((entry) => entry.files);
  if (files.some((file) => /pages\.test/.test(file))) needed.add('chromium');
  if (files.some((file) => /^libs\/(?:messaging|testing)\//.test(file))) needed.add('nats').add('redis');
  return [...needed];
}

function skipped(part: Part, files: readonly string[], lacking: readonly string[]): PartResult {
  const reason = `${lacking.join(' and ')} not installed`;
  return {
    part: part.name,
    passed: 0,
    failures: [],
    skips: files.map((file) => ({ name: `${part.name} › ${file}`, reason })),
    seconds: 0,
  };
}

function broken(part: Part, what: string, error: unknown, startedMs: number): PartResult {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`✘ ${what}\n${text}`);
  const failure = { part: part.name, file: '', name: what, text };
  return {
    part: part.name,
    passed: 0,
    failures: [failure],
    skips: [],
    seconds: (performance.now() - startedMs) / 1000,
  };
}
