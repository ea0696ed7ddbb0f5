import { grown } from './records.js';

/**
 * What a question has looked at: by entity and region, in which search (a run) and how it was reached, where less is better.
 * Entries of earlier questions need no clearing, their runs are older.
 */
export class Visits {
  private words = new Int32Array(FIRST_SLOTS * SLOT);
  private mask = FIRST_SLOTS - 1;
  private used = 0;
  private firstRun = 1;
  private nextRun = 1;
  /** By run of this question: what having been seen in it means. */
  private worth: Int32Array = new Int32Array(64);
  /** In which round the question is: "no"s of an earlier one do not count any longer. */
  round = PROVEN;

  /** @param stable rounds whose "no"s are for good */
  constructor(private readonly stable: ReadonlySet<number> = new Set()) {}

  begin(): void {
    if (this.nextRun > MAX_RUN) this.nextRun = 1;
    if (this.mask >= KEPT_SLOTS || this.nextRun === 1) {
      this.words = new Int32Array(FIRST_SLOTS * SLOT);
      this.mask = FIRST_SLOTS - 1;
    }
    this.firstRun = this.nextRun;
    this.used = 0;
    this.round = PROVEN;
  }

  open(): number {
    const run = this.nextRun++;
    if (run - this.firstRun >= this.worth.length) this.worth = grown(this.worth, this.worth.length * 2);
    this.worth[run - this.firstRun] = 0;
    return run;
  }

  /** @param worth `PROVEN` where what was seen is a "no" for good, a round where it is one in that round, 0 where it is none */
  close(run: number, worth: number): void {
    this.worth[run - this.firstRun] = worth;
  }

  /** Whether there is something to look at: not where this run saw it on as good a way, or another found that it is a "no". */
  visit(entity: number, region: number, how: number, run: number): boolean {
    if (this.used * 2 > this.mask) this.grow();
    const { words, mask, firstRun } = this;
    for (let slot = home(entity, region) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      const seen = words[at + RUN] as number;
      if (seen < firstRun) {
        words[at] = entity;
        words[at + 1] = region;
        this.used++;
      } else if (words[at] !== entity || words[at + 1] !== region) continue;
      else if (seen === run) {
        // A certain way is better than an uncertain one, and a shorter one may lead further.
        if ((words[at + HOW] as number) <= how) return false;
      } else {
        const worth = this.worth[seen - firstRun] as number;
        if (worth === PROVEN || (worth > PROVEN && (worth === this.round || this.stable.has(worth)))) return false;
      }
      words[at + RUN] = run;
      words[at + HOW] = how;
      return true;
    }
  }

  /** How an entry was reached, which there must be. */
  howOf(entity: number, region: number): number {
    const { words, mask } = this;
    for (let slot = home(entity, region) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      if (words[at] === entity && words[at + 1] === region) return words[at + HOW] as number;
    }
  }

  private grow(): void {
    const { words, firstRun } = this;
    this.words = new Int32Array(words.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let from = 0; from < words.length; from += SLOT) {
      if ((words[from + RUN] as number) < firstRun) continue;
      let slot = home(words[from] as number, words[from + 1] as number) & this.mask;
      while (this.words[slot * SLOT + RUN] !== 0) slot = (slot + 1) & this.mask;
      this.words.set(words.subarray(from, from + SLOT), slot * SLOT);
    }
  }
}

/** A "no" that holds for the whole question. Rounds are numbered above. */
export const PROVEN = 1;

const SLOT = 4;
const RUN = 2;
const HOW = 3;
const FIRST_SLOTS = 64;
/** A table larger than this is given back after the question. */
const KEPT_SLOTS = 8192;
const MAX_RUN = 2 ** 30;

function home(entity: number, region: number): number {
  const mixed = Math.imul(entity, 0x9e3779b1) ^ Math.imul(region, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}
