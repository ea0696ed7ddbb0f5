import type { Closure } from './closure.js';
import { IdSets } from './id-sets.js';
import { grown, NONE } from './records.js';
import type { TupleStore } from './tuple-store.js';

/**
 * Which usersets of a closure a subject is in: computed when first asked for, and kept until a tuple that it is made of
 * changes. So it can never be wrong, a write costs nothing, and memory is bounded: when it is full, it begins anew.
 */
export class Memberships {
  /** Epoch, subject, and where what it is in is kept. */
  private rows = new Int32Array(FIRST_ROWS * ROW).fill(NONE);
  private used = 0;
  /** Number of nodes, most hops to one of them, and the nodes: as a list if they are few, else as a table. */
  private kept: Int32Array = new Int32Array(FIRST_ROWS);
  private end = 0;
  private epochs = 0;
  /** Tuples looked at since it was last asked, and when there are too many of one subject. */
  private looked = 0;
  private stopAt = 0;
  /** Nodes found of the subject that is computed now: in order, and as a set once they are many. */
  private readonly found: number[] = [];
  private readonly sets = new IdSets();
  private set = 0;

  constructor(private readonly store: TupleStore) {}

  get byteSize(): number {
    return this.rows.byteLength + this.kept.byteLength + this.sets.byteSize;
  }

  /** Tuples looked at since the last call. */
  takeLooked(): number {
    const { looked } = this;
    this.looked = 0;
    return looked;
  }

  /** Where what a subject is in is kept: until the next call. -1 where that is too much to keep. */
  of(closure: Closure, subject: number, everybody: number): number {
    this.refresh(closure);
    const { rows } = this;
    const mask = rows.length / ROW - 1;
    for (let slot = home(closure.epoch, subject) & mask; ; slot = (slot + 1) & mask) {
      const row = slot * ROW;
      const epoch = rows[row] as number;
      if (epoch === NONE) return this.compute(closure, subject, everybody);
      if (epoch === closure.epoch && rows[row + 1] === subject) return rows[row + AT] as number;
    }
  }

  size(at: number): number {
    return this.kept[at] as number;
  }

  /** The most hops from a userset to the subject. */
  height(at: number): number {
    return this.kept[at + 1] as number;
  }

  has(at: number, node: number): boolean {
    const { kept } = this;
    const count = kept[at] as number;
    const first = at + HEADER;
    if (count <= LIST) {
      for (let i = first; i < first + count; i++) if (kept[i] === node) return true;
      return false;
    }
    const mask = tableSize(count) - 1;
    for (let slot = home(0, node) & mask; ; slot = (slot + 1) & mask) {
      const word = kept[first + slot] as number;
      if (word === NONE) return false;
      if (word === node) return true;
    }
  }

  /** Words from `first` to before `last` are the nodes, and -1 between them. */
  first(at: number): number {
    return at + HEADER;
  }

  last(at: number): number {
    const count = this.kept[at] as number;
    return at + HEADER + (count <= LIST ? count : tableSize(count));
  }

  node(word: number): number {
    return this.kept[word] as number;
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
    const { store, found } = this;
    found.length = 0;
    this.stopAt = this.looked + MOST;
    if (subject !== NONE) this.climb(closure, store.standsOn(subject), OWN);
    if (everybody !== NONE) this.climb(closure, store.standsOn(everybody), EVERYBODY);
    let height = 0;
    let level = found.length;
    for (let head = 0; head < found.length && this.looked <= this.stopAt; head++) {
      if (head === level) {
        height++;
        level = found.length;
      }
      const node = found[head] as number;
      const relation = closure.plan.relationOfKind[store.kindOf(node)] as number;
      this.climb(closure, store.usersetStandsOn(node), relation);
    }
    this.sets.release(this.set);
    this.set = 0;
    return this.keep(closure.epoch, subject, this.looked <= this.stopAt, height);
  }

  /** From what stands on nodes to those nodes. `by` is what stands there: a userset's relation, or one of the constants. */
  private climb(closure: Closure, standsOn: number, by: number): void {
    const { sets } = this.store;
    if (standsOn < 0) this.conclude(closure, ~standsOn, by);
    if (standsOn <= 0) return;
    const { data } = sets;
    for (let at = sets.first(standsOn), last = sets.last(standsOn); at < last; at++) {
      const member = data[at] as number;
      if (member !== NONE) this.conclude(closure, member, by);
      if (this.looked > this.stopAt) return;
    }
  }

  private conclude(closure: Closure, member: number, by: number): void {
    this.looked++;
    const { store } = this;
    const node = member >> 1;
    const kind = store.kindOf(node);
    const relation = closure.plan.relationOfKind[kind] as number;
    const written = relation === NONE ? undefined : closure.written[relation];
    // Tuples with a condition are none of the model's here.
    if (!written || (member & 1) === 1) return;
    if (!(by === OWN ? written.own : by === EVERYBODY ? written.everybody : written.usersets.has(by))) return;
    const implied = closure.implied[relation] ?? [];
    for (let i = 0; i < implied.length; i++) {
      const impliedKind = closure.plan.kindOf[implied[i] as number] as number;
      if (impliedKind === kind) this.find(node);
      else if (impliedKind !== NONE) this.find(store.node(store.entityOf(node), impliedKind));
    }
  }

  private find(node: number): void {
    const { found, sets } = this;
    if (node === NONE) return;
    if (found.length < LIST) {
      if (!found.includes(node)) found.push(node);
      return;
    }
    if (this.set === 0) for (const known of found) this.set = sets.add(this.set, known << 1);
    if (sets.find(this.set, node) !== NONE) return;
    this.set = sets.add(this.set, node << 1);
    found.push(node);
  }

  private keep(epoch: number, subject: number, isWhole: boolean, height: number): number {
    const { found } = this;
    const words = HEADER + (found.length <= LIST ? found.length : tableSize(found.length));
    if ((this.end + words + this.used * ROW * 2) * Int32Array.BYTES_PER_ELEMENT > this.limit()) this.reset();
    const at = isWhole ? this.end : NONE;
    if (isWhole) this.write(words, height);
    if ((this.used + 1) * ROW * 2 > this.rows.length) this.growRows();
    this.used++;
    const row = this.freeRow(epoch, subject);
    this.rows[row] = epoch;
    this.rows[row + 1] = subject;
    this.rows[row + AT] = at;
    return at;
  }

  private write(words: number, height: number): void {
    const { found } = this;
    const first = this.end + HEADER;
    this.end += words;
    if (this.end > this.kept.length) this.kept = grown(this.kept, this.end);
    const { kept } = this;
    kept[first - HEADER] = found.length;
    kept[first - 1] = height;
    if (found.length <= LIST) {
      kept.set(found, first);
      return;
    }
    const mask = tableSize(found.length) - 1;
    kept.fill(NONE, first, this.end);
    for (const node of found) {
      let slot = home(0, node) & mask;
      while (kept[first + slot] !== NONE) slot = (slot + 1) & mask;
      kept[first + slot] = node;
    }
  }

  private growRows(): void {
    const before = this.rows;
    this.rows = new Int32Array(before.length * 2).fill(NONE);
    for (let row = 0; row < before.length; row += ROW) {
      const epoch = before[row] as number;
      if (epoch !== NONE)
        this.rows.set(before.subarray(row, row + ROW), this.freeRow(epoch, before[row + 1] as number));
    }
  }

  private freeRow(epoch: number, subject: number): number {
    const mask = this.rows.length / ROW - 1;
    let slot = home(epoch, subject) & mask;
    while (this.rows[slot * ROW] !== NONE) slot = (slot + 1) & mask;
    return slot * ROW;
  }

  private limit(): number {
    return Math.max(LEAST_BYTES, this.store.byteSize * SHARE);
  }

  private reset(): void {
    this.rows = new Int32Array(FIRST_ROWS * ROW).fill(NONE);
    this.used = 0;
    this.kept = new Int32Array(FIRST_ROWS);
    this.end = 0;
  }
}

const ROW = 3;
const AT = 2;
const FIRST_ROWS = 64;
const HEADER = 2;
/** Up to so many nodes are a list. */
const LIST = 20;
/** Relations are not negative. */
const OWN = -1;
const EVERYBODY = -2;
/** Tuples that are looked at for one subject; beyond, searches do without. */
const MOST = 2000;
/** What may be kept in any case, and as a share of the store. */
const LEAST_BYTES = 2 ** 18;
const SHARE = 1 / 6;

function tableSize(count: number): number {
  return 2 ** (33 - Math.clz32(count));
}

function home(epoch: number, subject: number): number {
  const mixed = Math.imul(subject, 0x9e3779b1) ^ Math.imul(epoch, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}
