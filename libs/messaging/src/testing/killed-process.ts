import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs a script of this folder until it killed itself; answers the signal that ended it. */
export async function runUntilKilled(script: string, order: object): Promise<string | null> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const endWithTest = () => child.kill('SIGKILL');
  process.on('exit', endWithTest);
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  process.off('exit', endWithTest);
  return signal;
}
