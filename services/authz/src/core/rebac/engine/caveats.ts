import type { ConditionContext } from '../tuple.js';
import { Interner, type SavedInterner } from './interner.js';
import { NONE, Records, type SavedRecords } from './records.js';

/** A condition as stored with a tuple. One object as long as its number lives: what is worked out about it may be kept by it. */
export interface Caveat {
  readonly name: string;
  readonly context: ConditionContext | undefined;
}

/**
 * Conditions of tuples. Equal ones (by name and context) are kept once; a table says which tuple has which. Only tuples
 * with a condition pay for it.
 */
export class Caveats {
  private readonly texts: Interner;
  /** Node, subject, caveat. */
  private readonly rows: Records;
  private slots: Int32Array;
  private used: number;
  private readonly cache = new Map<number, Caveat>();

  constructor(saved?: SavedCaveats) {
    this.texts = new Interner(1, saved?.texts);
    this.rows = saved ? Records.load(ROW, saved.rows) : new Records(ROW, 8);
    this.used = saved?.used ?? 0;
    this.slots = saved?.slots ?? new Int32Array(8).fill(NONE);
  }

  get byteSize(): number {
    return this.texts.byteSize + this.rows.byteSize + this.slots.byteLength;
  }

  /** Caveat of a tuple that has one. */
  of(node: number, subject: number): number {
    return this.rows.data[this.rowOf(node, subject) * ROW + CAVEAT] as number;
  }

  read(caveat: number): Caveat {
    const known = this.cache.get(caveat);
    if (known) return known;
    const text = this.texts.textOf(caveat);
    const end = text.indexOf(SEPARATOR);
    const context = end + 1 === text.length ? undefined : (JSON.parse(text.slice(end + 1)) as ConditionContext);
    const read = { name: text.slice(0, end), context };
    if (this.cache.size >= READ_KEPT) this.cache.clear();
    this.cache.set(caveat, read);
    return read;
  }

  add(node: number, subject: number, name: string, context: ConditionContext | undefined): void {
    const text = `${name}${SEPARATOR}${context === undefined ? '' : JSON.stringify(context)}`;
    const hash = this.texts.hash(0, text, 0, text.length);
    const known = this.texts.find(0, text, 0, text.length, hash);
    const caveat = known === NONE ? this.texts.add(0, text, 0, text.length, hash) : known;
    this.countUse(caveat, 1);
    if ((this.used + 1) * 4 > this.slots.length * 3) this.rehash();
    const row = this.rows.allocate();
    const { data } = this.rows;
    data[row * ROW] = node;
    data[row * ROW + SUBJECT] = subject;
    data[row * ROW + CAVEAT] = caveat;
    this.used++;
    this.place(row);
  }

  remove(node: number, subject: number): void {
    const row = this.rowOf(node, subject);
    const caveat = this.rows.data[row * ROW + CAVEAT] as number;
    this.unplace(row);
    this.rows.release(row);
    this.used--;
    if (this.countUse(caveat, -1) > 0) return;
    this.texts.remove(caveat);
    this.cache.delete(caveat);
  }

  save(): SavedCaveats {
    return { texts: this.texts.save(), rows: this.rows.save(), slots: this.slots, used: this.used };
  }

  private countUse(caveat: number, by: number): number {
    const { data, stride } = this.texts.records;
    const at = caveat * stride + stride - 1;
    const count = (data[at] as number) + by;
    data[at] = count;
    return count;
  }

  private rowOf(node: number, subject: number): number {
    const { slots } = this;
    const { data } = this.rows;
    const mask = slots.length - 1;
    for (let at = home(node, subject) & mask; ; at = (at + 1) & mask) {
      const row = slots[at] as number;
      if (row === NONE) throw new Error('a tuple marked as conditioned has no condition');
      if (data[row * ROW] === node && data[row * ROW + SUBJECT] === subject) return row;
    }
  }

  private homeOf(row: number): number {
    const { data } = this.rows;
    return home(data[row * ROW] as number, data[row * ROW + SUBJECT] as number);
  }

  private place(row: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let at = this.homeOf(row) & mask;
    while (slots[at] !== NONE) at = (at + 1) & mask;
    slots[at] = row;
  }

  private unplace(row: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let hole = this.homeOf(row) & mask;
    while (slots[hole] !== row) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const other = slots[at] as number;
      if (other === NONE) break;
      if (((at - this.homeOf(other)) & mask) >= ((at - hole) & mask)) {
        slots[hole] = other;
        hole = at;
      }
    }
    slots[hole] = NONE;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(NONE);
    for (let row = 0; row < this.rows.count; row++) if (this.rows.isUsed(row)) this.place(row);
  }
}

export interface SavedCaveats {
  readonly texts: SavedInterner;
  readonly rows: SavedRecords;
  readonly slots: Int32Array;
  readonly used: number;
}

const ROW = 3;
const SUBJECT = 1;
const CAVEAT = 2;
/** In no name of a condition. */
const SEPARATOR = '\n';
const READ_KEPT = 10_000;

function home(node: number, subject: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(subject, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
