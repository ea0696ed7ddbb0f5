// `npm run check`: everything that can be judged without running the platform. Types were checked by the bootstrap's build.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const checks = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['architecture', 'node', ['--test', '--test-reporter=dot', 'libs/testing/dist/architecture.test.js']],
  ['proto lint', 'buf', ['lint']],
  ['proto format', 'buf', ['format', '--diff', '--exit-code']],
  ['proto compatibility', 'buf', ['breaking', '--against', previousContracts()]],
  ['generated documents', 'node', ['scripts/generate.mjs', '--check']],
];

let failed = 0;
for (const [name, file, args] of checks) {
  if (args.includes(undefined)) {
    console.log(`- ${name}: nothing landed yet to compare with`);
    continue;
  }
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) console.log(`✔ ${name}`);
  else {
    failed++;
    console.log(`✘ ${name}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The contracts as they were one change ago: what a rolling update must stay compatible with. */
function previousContracts() {
  const { status } = spawnSync('git', ['cat-file', '-e', 'HEAD~1:buf.yaml'], { cwd: root });
  return status === 0 ? '.git#ref=HEAD~1' : undefined;
}
