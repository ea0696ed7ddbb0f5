import type { Clock } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import { importKeys, type KeySource } from './key-source.js';
import type { VerificationKey } from './verification-key.js';

export interface JwksCacheOptions {
  /** Fetches the JWKS of an issuer; `undefined` for an issuer that does not exist. Throws when it cannot tell. */
  load(issuer: string): Promise<{ readonly keys: readonly unknown[] } | undefined>;
  readonly clock: Clock;
  /** Issuers kept in memory. */
  readonly maxIssuers?: number;
  /** How long a JWKS is believed before it is read again. */
  readonly ttlSeconds?: number;
  /** Least time between two reads for one issuer that an unknown kid or a failure may cause. */
  readonly cooldownSeconds?: number;
  /** How much longer than `ttlSeconds` a JWKS serves when it cannot be read again. */
  readonly staleSeconds?: number;
}

interface Entry {
  readonly keys: ReadonlyMap<string, VerificationKey>;
  readonly loadedMs: number;
  /** When a read was last tried, successful or not. */
  readonly triedMs: number;
  /** Why the last try failed. */
  readonly failure?: unknown;
}

const NO_KEYS: ReadonlyMap<string, VerificationKey> = new Map();

/**
 * A key source that reads each issuer's JWKS through a bounded cache. Requests that need the same read share it. An
 * unknown kid causes a read, but no more than one per issuer and `cooldownSeconds`: tokens with invented kids cannot
 * make this process hammer an issuer.
 */
export function createJwksCache(options: JwksCacheOptions): KeySource {
  const { load, clock, maxIssuers = 5000, ttlSeconds = 300, cooldownSeconds = 10, staleSeconds = 600 } = options;
  const entries = new LRUCache<string, Entry>({ max: maxIssuers });
  const reading = new Map<string, Promise<Entry>>();

  const read = (issuer: string): Promise<Entry> => {
    const running = reading.get(issuer);
    if (running) return running;
    const started = readNow(issuer).finally(() => reading.delete(issuer));
    reading.set(issuer, started);
    return started;
  };

  const readNow = async (issuer: string): Promise<Entry> => {
    let entry: Entry;
    try {
      const jwks = await load(issuer);
      const now = clock.now();
      entry = { keys: jwks ? await importKeys(jwks.keys) : NO_KEYS, loadedMs: now, triedMs: now };
    } catch (failure) {
      const before = entries.get(issuer) ?? { keys: NO_KEYS, loadedMs: Number.NEGATIVE_INFINITY };
      entry = { ...before, triedMs: clock.now(), failure };
    }
    entries.set(issuer, entry);
    return entry;
  };

  return {
    async find(issuer, kid) {
      let entry = entries.get(issuer) ?? (await read(issuer));
      const now = clock.now();
      const old = now - entry.loadedMs >= ttlSeconds * 1000;
      const mayRead = now - entry.triedMs >= cooldownSeconds * 1000;
      if ((old || !entry.keys.has(kid)) && mayRead) entry = await read(issuer);
      const tooOld = clock.now() - entry.loadedMs >= (ttlSeconds + staleSeconds) * 1000;
      const key = tooOld ? undefined : entry.keys.get(kid);
      if (!key && entry.failure !== undefined) throw entry.failure;
      return key;
    },
  };
}
