/** Where "now" comes from, in milliseconds since the epoch. Core functions take the number, not the clock. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
