import { readUsage } from './server/process-tree.js';
import { startStandalone } from './server/standalone.js';

/** How long starts take with installed and compiled code, in milliseconds. */
export interface StartUp {
  /** Empty data directory until `/readyz` is 200. */
  readonly coldReadyMs: number;
  /** The same until the first org is there and `bootstrap.json` is written. */
  readonly coldSeededMs: number;
  /** Existing data directory until `/readyz` is 200, one number a start. */
  readonly warmReadyMs: readonly number[];
  /** CPU seconds of the Node process at the end of the last warm start; absent where the system does not tell. */
  readonly warmCpuSeconds: number | undefined;
}

const WARM_STARTS = 3;

/** Starts once on an empty data directory and several times on what that left. */
export async function measureStartUp(dataDir: string): Promise<StartUp> {
  const cold = await startStandalone({ dataDir });
  await cold.stop();
  const warmReadyMs: number[] = [];
  let warmCpuSeconds: number | undefined;
  while (warmReadyMs.length < WARM_STARTS) {
    const warm = await startStandalone({ dataDir });
    warmCpuSeconds = readUsage(warm.pid)?.node.cpuSeconds;
    warmReadyMs.push(warm.readyMs);
    await warm.stop();
  }
  return { coldReadyMs: cold.readyMs, coldSeededMs: cold.seededMs, warmReadyMs, warmCpuSeconds };
}
