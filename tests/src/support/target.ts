import { readFileSync } from 'node:fs';
import type { Target } from '../shapes/shape.js';

let read: Target | undefined;

/** The platform that this suite is pointed at: a JSON file named by LUMO_TEST_TARGET, read when it is first needed. */
function current(): Target {
  if (read) return read;
  const file = process.env.LUMO_TEST_TARGET;
  if (!file) throw new Error('LUMO_TEST_TARGET is not set: run `npm test -- --only <part of the file name>`');
  read = JSON.parse(readFileSync(file, 'utf8')) as Target;
  return read;
}

export const target: Target = {
  get shape() {
    return current().shape;
  },
  get baseUrl() {
    return current().baseUrl;
  },
  get bootstrap() {
    return current().bootstrap;
  },
  get adminDatabaseUrl() {
    return current().adminDatabaseUrl;
  },
  get tls() {
    return current().tls;
  },
  get dataDir() {
    return current().dataDir;
  },
};
