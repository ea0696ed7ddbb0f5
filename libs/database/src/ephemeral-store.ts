/**
 * One-time and short-lived state: login transactions, replay marks, rate windows.
 * Guarantees: `add` and `take` are atomic across every process; an expired value is never returned; keys of one org are
 * invisible to another (the org of the context is part of every key).
 * Not guaranteed: survival of a crash of the store. What must survive belongs into a table.
 */
export interface EphemeralStore {
  /** Stores under a new key; false where the key is taken. A replay check is `add`. */
  add(key: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Stores, replacing what was there. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Reads and removes in one step: of parallel callers exactly one gets the value. */
  take(key: string): Promise<string | undefined>;
  remove(key: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
