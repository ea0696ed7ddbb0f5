import type { Clock } from '@lumo/kit';
import { LRUCache } from 'lru-cache';

/** What was read a moment ago, in a bounded memory. */
export interface RecentReads<T> {
  /** At most `ttlMs` old; requests that need the same read share it. A failed read is not remembered. */
  get(key: string, load: () => Promise<T>): Promise<T>;
  /** The value is being written: until the write has surely been committed, every read is a new one. */
  touched(key: string): void;
}

export interface RecentReadsOptions {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly max: number;
}

/** Longer than any of our transactions is open after it wrote. */
const WRITE_MS = 5000;

export function createRecentReads<T>({ clock, ttlMs, max }: RecentReadsOptions): RecentReads<T> {
  const reads = new LRUCache<string, { readonly value: Promise<T>; readonly readMs: number }>({ max });
  const writes = new LRUCache<string, number>({ max: 1000 });
  const isBeingWritten = (key: string): boolean => {
    const writtenMs = writes.get(key);
    return writtenMs !== undefined && clock.now() - writtenMs < WRITE_MS;
  };
  return {
    get(key, load) {
      if (isBeingWritten(key)) return load();
      const before = reads.get(key);
      if (before && clock.now() - before.readMs < ttlMs) return before.value;
      const value = load();
      reads.set(key, { value, readMs: clock.now() });
      value.catch(() => reads.delete(key));
      return value;
    },
    touched(key) {
      writes.set(key, clock.now());
      reads.delete(key);
    },
  };
}
