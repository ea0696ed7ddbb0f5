import type { Clock } from '@lumo/kit';
import { LRUCache } from 'lru-cache';

/** Answers of another service, remembered for a while; requests that need the same one share it, a failed one is forgotten. */
export function createRecentAnswers<T>(
  clock: Clock,
  { ttlMs, max }: { readonly ttlMs: number; readonly max: number },
): (key: string, ask: () => Promise<T>) => Promise<T> {
  const remembered = new LRUCache<string, { readonly answer: Promise<T>; readonly askedMs: number }>({ max });
  return (key, ask) => {
    const before = remembered.get(key);
    if (before && clock.now() - before.askedMs < ttlMs) return before.answer;
    const answer = ask();
    const entry = { answer, askedMs: clock.now() };
    remembered.set(key, entry);
    answer.catch(() => {
      if (remembered.get(key) === entry) remembered.delete(key);
    });
    return answer;
  };
}
