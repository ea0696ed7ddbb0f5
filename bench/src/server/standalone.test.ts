import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { MAIN, NODE_FLAGS, ROOT } from './standalone.js';

it('measures the command that npm start runs', () => {
  const bootstrap = readFileSync(join(ROOT, 'scripts', 'bootstrap.mjs'), 'utf8');
  const command = ['node', ...NODE_FLAGS, MAIN].map((word) => `'${word}'`).join(', ');
  assert.ok(bootstrap.includes(`start: { run: [${command}] }`), command);
});
