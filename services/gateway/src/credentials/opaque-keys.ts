import { createHash } from 'node:crypto';
import type { Clock } from '@lumo/kit';
import { LRUCache } from 'lru-cache';

/** Looks up secrets by their SHA-256 and remembers the answer, also a negative one, for at most two seconds. */
export interface OpaqueKeys<Known> {
  /**
   * What is known of a key; undefined for an unknown one. `isOutdated` tells of a remembered answer, asked for at
   * `askedMs` (epoch milliseconds), whether it must be asked again.
   */
  find(key: string, isOutdated?: (known: Known, askedMs: number) => boolean): Promise<Known | undefined>;
}

interface Remembered<Known> {
  readonly known: Known | undefined;
  readonly askedMs: number;
}

/** Bounds how long a deleted key works on. */
export const KEY_TTL_MS = 2000;
const MAX_KEYS = 20_000;

/**
 * Requests with the same key that arrive while it is looked up share the lookup. Only hashes are kept.
 * A lookup that fails is not remembered and rejects.
 */
export function createOpaqueKeys<Known>(
  lookUp: (sha256: Uint8Array) => Promise<Known | undefined>,
  clock: Clock,
): OpaqueKeys<Known> {
  const remembered = new LRUCache<string, Remembered<Known>>({ max: MAX_KEYS });
  const running = new Map<string, Promise<Known | undefined>>();

  const ask = async (name: string, sha256: Uint8Array): Promise<Known | undefined> => {
    const askedMs = clock.now();
    const known = await lookUp(sha256);
    remembered.set(name, { known, askedMs });
    return known;
  };

  return {
    async find(key, isOutdated) {
      const sha256 = createHash('sha256').update(key).digest();
      const name = sha256.toString('base64');
      const before = remembered.get(name);
      if (before && clock.now() - before.askedMs < KEY_TTL_MS) {
        if (before.known === undefined || !isOutdated?.(before.known, before.askedMs)) return before.known;
      }
      const asked = running.get(name) ?? ask(name, sha256).finally(() => running.delete(name));
      running.set(name, asked);
      return asked;
    },
  };
}
