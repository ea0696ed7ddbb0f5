/** A process of a service that takes requests. */
export interface Replica {
  readonly url: string;
  /** `seedOf(url)`, kept so that it is not computed for every request. */
  readonly seed: number;
}

/** How many replicas share the work of one org: one to lose, and no org is held in memory by all of them. */
export const OWNERS = 2;

/**
 * The replicas that own a key, by rendezvous hashing: each replica draws a number for the key and the highest own it. Every
 * gateway finds the same ones without a word between them, and a replica that comes or goes moves only what it owned.
 */
export function ownersOf<R extends Replica>(key: string, replicas: readonly R[]): readonly R[] {
  if (replicas.length <= 1) return replicas;
  const hash = hashOf(key);
  let first: R | undefined;
  let second: R | undefined;
  let high = -1;
  let next = -1;
  for (const replica of replicas) {
    const drawn = mix(hash ^ replica.seed);
    // A tie is decided by the URL, not by the order in which replicas became known.
    if (drawn > high || (drawn === high && first && replica.url < first.url)) {
      second = first;
      next = high;
      first = replica;
      high = drawn;
    } else if (drawn > next || (drawn === next && second && replica.url < second.url)) {
      second = replica;
      next = drawn;
    }
  }
  return [first, second].filter((owner) => owner !== undefined);
}

export function seedOf(url: string): number {
  return mix(hashOf(url));
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
