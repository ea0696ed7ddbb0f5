import { openRedisEphemeralStore, StartupError } from '@lumo/database';
import type { Settings } from './settings.js';

/** A wrong `REDIS_URL` is told at once, in one line, and not by the first job that cannot be stored. */
export async function requireRedis({ REDIS_URL: url }: Pick<Settings, 'REDIS_URL'>): Promise<void> {
  if (!url) return;
  const store = openRedisEphemeralStore({ url: url.reveal(), namespace: 'startup', onError: () => {} });
  try {
    await store.ping();
  } catch {
    const { host } = new URL(url.reveal());
    throw new StartupError(
      'setting_invalid',
      `REDIS_URL: Redis at ${host} does not answer: start it, or correct the URL`,
    );
  } finally {
    await store.close();
  }
}
