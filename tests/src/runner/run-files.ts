import { type FileResult, type FileToRun, runFile } from './run-file.js';
import { createScreen } from './screen.js';

export interface FilesToRun extends Omit<FileToRun, 'file'> {
  readonly files: readonly string[];
  /** Files at the same time. */
  readonly concurrency: number;
}

/** Runs test files, a few at a time. */
export async function runFiles({ files, concurrency, ...request }: FilesToRun): Promise<FileResult> {
  const screen = createScreen(request.write);
  const waiting = [...files];
  const results: FileResult[] = [];

  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !request.signal.aborted; file = waiting.shift()) {
      const pane = screen.open();
      results.push(await runFile({ ...request, file, write: pane.write }));
      pane.close();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failures: results.flatMap(({ failures }) => failures),
    skips: results.flatMap(({ skips }) => skips),
  };
}
