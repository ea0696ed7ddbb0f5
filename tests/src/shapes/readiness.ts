import { waitUntil } from '../support/wait-until.js';
import type { Program } from './program.js';

const START_PATIENCE_MS = 60_000;

/** Resolves when `GET <baseUrl>/readyz` is 200; fails with the program's output where it ends before that. */
export async function untilReady(baseUrl: string, program: () => Program | undefined): Promise<void> {
  await waitUntil(async () => (await fetch(`${baseUrl}/readyz`)).status === 200, {
    what: `${baseUrl} becomes ready`,
    forMs: START_PATIENCE_MS,
    unless: () => {
      const running = program();
      return running?.hasEnded() ? `the process ended:\n${running.output().slice(-4000)}` : undefined;
    },
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${program()?.output().slice(-4000) ?? ''}`, { cause: error });
  });
}
