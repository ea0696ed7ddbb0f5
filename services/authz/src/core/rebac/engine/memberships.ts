import type { Closure } from './closure.js';
import { IdSets } from './id-sets.js';
import { NONE } from './records.js';
import type { TupleStore } from './tuple-store.js';

/**
 * Which usersets of a closure a subject is in: computed when first asked for, and kept until a tuple that it is made of
 * changes. So it can never be wrong, a write costs nothing, and memory is bounded: when it is full, it begins anew.
 */
export class Memberships {
  /** Sets of nodes. */
  sets = new IdSets();
  /** Epoch, subject, set, and the most hops that lead to one of it (-1: too many to keep). */
  private rows = new Int32Array(FIRST_ROWS * ROW).fill(NONE);
  private used = 0;
  private epochs = 0;
  /** Of the subject that is computed now. */
  private set = 0;
  private readonly queue: number[] = [];
  /** Tuples looked at since it was last asked. */
  private looked = 0;
  private stopAt = 0;

  constructor(private readonly store: TupleStore) {}

  get byteSize(): number {
    return this.rows.byteLength + this.sets.byteSize;
  }

  /** Nodes visited since the last call. */
  takeLooked(): number {
    const { looked } = this;
    this.looked = 0;
    return looked;
  }

  /** Row of what a subject is in. Holds until the next call. */
  rowOf(closure: Closure, subject: number, everybody: number): number {
    this.refresh(closure);
    const mask = this.rows.length / ROW - 1;
    for (let slot = home(closure.epoch, subject) & mask; ; slot = (slot + 1) & mask) {
      const row = slot * ROW;
      if (this.rows[row] === NONE) return this.compute(closure, subject, everybody);
      if (this.rows[row] === closure.epoch && this.rows[row + 1] === subject) return row;
    }
  }

  setAt(row: number): number {
    return this.rows[row + SET] as number;
  }

  /** The most hops from a userset of the set to the subject; -1 where there were too many usersets to keep. */
  heightAt(row: number): number {
    return this.rows[row + HEIGHT] as number;
  }

  private refresh(closure: Closure): void {
    const { store } = this;
    if (closure.storeChanges === store.changes) return;
    closure.storeChanges = store.changes;
    let changes = 0;
    for (let i = 0; i < closure.kinds.length; i++) changes += store.changesOf[closure.kinds[i] as number] ?? 0;
    if (changes === closure.changes) return;
    closure.changes = changes;
    closure.epoch = this.epochs++;
  }

  private compute(closure: Closure, subject: number, everybody: number): number {
    if (this.byteSize > LEAST_BYTES && this.byteSize > this.store.byteSize * SHARE) this.reset();
    const { store, queue } = this;
    queue.length = 0;
    this.set = 0;
    this.stopAt = this.looked + MOST;
    if (subject !== NONE) this.climb(closure, store.standsOn(subject), OWN);
    if (everybody !== NONE) this.climb(closure, store.standsOn(everybody), EVERYBODY);
    let height = 0;
    let level = queue.length;
    for (let head = 0; head < queue.length && this.looked <= this.stopAt; head++) {
      if (head === level) {
        height++;
        level = queue.length;
      }
      const node = queue[head] as number;
      const relation = closure.plan.relationOfKind[store.kindOf(node)] as number;
      this.climb(closure, store.usersetStandsOn(node), relation);
    }
    if (this.looked <= this.stopAt) return this.keep(closure.epoch, subject, this.set, height);
    this.sets.release(this.set);
    return this.keep(closure.epoch, subject, 0, NONE);
  }

  /** From what stands on nodes to those nodes. `by` is what stands there: a userset's relation, or one of the constants. */
  private climb(closure: Closure, standsOn: number, by: number): void {
    const { store } = this;
    if (standsOn < 0) this.conclude(closure, ~standsOn, by);
    if (standsOn <= 0) return;
    const { data } = store.sets;
    for (let at = store.sets.first(standsOn), last = store.sets.last(standsOn); at < last; at++) {
      const member = data[at] as number;
      if (member !== NONE) this.conclude(closure, member, by);
      if (this.looked > this.stopAt) return;
    }
  }

  private conclude(closure: Closure, member: number, by: number): void {
    this.looked++;
    const { store } = this;
    const node = member >> 1;
    const relation = closure.plan.relationOfKind[store.kindOf(node)] as number;
    const written = relation === NONE ? undefined : closure.written[relation];
    // Tuples with a condition are none of the model's here.
    if (!written || (member & 1) === 1) return;
    if (!(by === OWN ? written.own : by === EVERYBODY ? written.everybody : written.usersets.has(by))) return;
    const entity = store.entityOf(node);
    const implied = closure.implied[relation] as readonly number[];
    for (let i = 0; i < implied.length; i++) {
      const kind = closure.plan.kindOf[implied[i] as number] as number;
      const of = kind === NONE ? NONE : kind === store.kindOf(node) ? node : store.node(entity, kind);
      if (of === NONE || this.sets.find(this.set, of) !== NONE) continue;
      this.set = this.sets.add(this.set, of << 1);
      this.queue.push(of);
    }
  }

  private keep(epoch: number, subject: number, set: number, height: number): number {
    if ((this.used + 1) * 2 * ROW > this.rows.length) {
      const before = this.rows;
      this.rows = new Int32Array(before.length * 2).fill(NONE);
      for (let row = 0; row < before.length; row += ROW)
        if (before[row] !== NONE)
          this.rows.set(before.subarray(row, row + ROW), this.free(before[row], before[row + 1]));
    }
    this.used++;
    const row = this.free(epoch, subject);
    this.rows[row] = epoch;
    this.rows[row + 1] = subject;
    this.rows[row + SET] = set;
    this.rows[row + HEIGHT] = height;
    return row;
  }

  private free(epoch = NONE, subject = NONE): number {
    const mask = this.rows.length / ROW - 1;
    let slot = home(epoch, subject) & mask;
    while (this.rows[slot * ROW] !== NONE) slot = (slot + 1) & mask;
    return slot * ROW;
  }

  private reset(): void {
    this.sets = new IdSets();
    this.rows = new Int32Array(FIRST_ROWS * ROW).fill(NONE);
    this.used = 0;
  }
}

const ROW = 4;
const SET = 2;
const HEIGHT = 3;
const FIRST_ROWS = 64;
/** Relations are not negative. */
const OWN = -1;
const EVERYBODY = -2;
/** Tuples that are looked at for one subject; beyond, searches do without. */
const MOST = 2000;
/** What may be kept in any case, and as a share of the store. */
const LEAST_BYTES = 2 ** 18;
const SHARE = 1 / 6;

function home(epoch: number, subject: number): number {
  const mixed = Math.imul(subject, 0x9e3779b1) ^ Math.imul(epoch, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}
