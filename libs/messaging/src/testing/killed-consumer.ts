import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ConsumerProcessOrder } from './consumer-process.js';

const SCRIPT = fileURLToPath(new URL('./consumer-process.js', import.meta.url));

/** Runs a consumer process until it killed itself; answers the signal that ended it. */
export async function runUntilKilled(order: ConsumerProcessOrder): Promise<string | null> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const endWithTest = () => child.kill('SIGKILL');
  process.on('exit', endWithTest);
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  process.off('exit', endWithTest);
  return signal;
}
