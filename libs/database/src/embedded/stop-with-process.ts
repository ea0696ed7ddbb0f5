const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface Stoppable {
  stop(): Promise<void>;
  /** Without waiting: for `process.exit()` and uncaught errors. */
  stopNow(): void;
}

const tied = new Set<Stoppable>();

/**
 * Ties a child process to this one. A signal is handled here only where nobody else listens for it: a program with its
 * own shutdown drains first and stops the child itself.
 * @returns a function that unties
 */
export function stopWithProcess(child: Stoppable): () => void {
  if (tied.size === 0) {
    process.on('exit', onExit);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  tied.add(child);
  return () => {
    tied.delete(child);
    if (tied.size > 0) return;
    process.off('exit', onExit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function onExit(): void {
  for (const child of tied) child.stopNow();
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  // The last one that stops takes this listener away, so that the signal then does what it does by default.
  Promise.allSettled([...tied].map((child) => child.stop())).then(() => process.kill(process.pid, signal));
}
