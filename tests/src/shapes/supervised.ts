import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../support/wait-until.js';
import { type Program, type ProgramOptions, startProgram } from './program.js';
import { untilReady } from './readiness.js';
import type { ServiceProcess } from './shape.js';

/** A process that is started again whenever it ends, as Kubernetes would do it; nobody has to ask. */
export interface Supervised extends ServiceProcess {
  /** Ends it for good; resolves with how the last process ended. */
  stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const RESTART_PAUSE_MS = 250;

/** @param url where the process answers `/readyz` */
export function supervise(name: string, url: string, options: ProgramOptions): Supervised {
  let stopping = false;
  let earlierOutput = '';
  let generation = 0;
  let program: Program;

  const start = (): void => {
    generation += 1;
    const mine = startProgram(options);
    program = mine;
    mine.ended
      .then(async () => {
        if (stopping) return;
        await delay(RESTART_PAUSE_MS);
        if (stopping) return;
        earlierOutput += mine.output();
        start();
      })
      .catch(() => undefined);
  };
  start();

  let killed = 0;
  return {
    get pid() {
      return program.pid;
    },
    async kill(signal) {
      killed = generation;
      await program.end(signal);
    },
    async recovered() {
      await waitUntil(async () => generation > killed, { what: `${name} is started again` });
      await untilReady(url, () => undefined);
    },
    output: () => earlierOutput + program.output(),
    async stop() {
      stopping = true;
      return program.end('SIGTERM');
    },
  };
}
