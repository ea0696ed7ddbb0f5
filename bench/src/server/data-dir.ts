import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives `use` an empty data directory and removes it afterwards, however that ends. */
export async function withDataDir<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'lumo-bench-'));
  const removeNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  process.on('exit', removeNow);
  try {
    return await use(path);
  } finally {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    process.off('exit', removeNow);
  }
}
