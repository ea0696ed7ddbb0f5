/** A whole number from 0 up to and without `below`. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (xorshift32): a measurement can be repeated, here and against another server. */
export function createRandom(seed: number): Random {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}
