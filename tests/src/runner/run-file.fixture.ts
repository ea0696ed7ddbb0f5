// Runs one test file and prints what came of it: the runner cannot run inside a test.
import { runFile } from './run-file.js';

const [file = '', timeoutMs = '', detail = 'tests'] = process.argv.slice(2);
let output = '';
const result = await runFile({
  part: 'fixture',
  file,
  timeoutMs: Number(timeoutMs),
  detail: detail === 'files' ? 'files' : 'tests',
  write: (text) => {
    output += text;
  },
  signal: new AbortController().signal,
  force: () => undefined,
});
process.stdout.write(JSON.stringify({ ...result, output }));
