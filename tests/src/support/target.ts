import { readFileSync } from 'node:fs';
import type { Target } from '../shapes/shape.js';

/** The platform that this suite is pointed at: a JSON file named by LUMO_TEST_TARGET. */
export const target: Target = readTarget();

function readTarget(): Target {
  const file = process.env.LUMO_TEST_TARGET;
  if (!file) throw new Error('LUMO_TEST_TARGET is not set: run `npm test -- --only <part of the file name>`');
  return JSON.parse(readFileSync(file, 'utf8')) as Target;
}
