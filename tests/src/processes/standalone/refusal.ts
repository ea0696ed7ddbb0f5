import assert from 'node:assert/strict';
import type { Program } from '../../shapes/program.js';

const PATIENCE_MS = 30_000;
const PREFIX = 'lumoauth standalone: ';

/** Waits until a start was refused as it should be, with a code and one line, and returns what the line says. */
export async function refusalOf(program: Program): Promise<string> {
  const { child } = program;
  let errors = '';
  child.stderr?.on('data', (text: string) => {
    errors += text;
  });
  // A start that was not refused would run for ever.
  const patience = setTimeout(() => child.kill('SIGTERM'), PATIENCE_MS);
  const { code, signal } = await program.ended;
  clearTimeout(patience);
  assert.equal(signal, null, program.output());
  assert.notEqual(code, 0, program.output());
  assert.equal(errors, program.output(), 'all of it stands on stderr');
  const lines = errors.trimEnd().split('\n');
  assert.equal(lines.length, 1, `one line:\n${errors}`);
  const [line = ''] = lines;
  assert.ok(line.startsWith(PREFIX), line);
  return line.slice(PREFIX.length);
}
