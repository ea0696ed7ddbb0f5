import { grown, NONE } from './records.js';

/**
 * Many sets of ids in one typed array: who stands on a relation of an object, and on what a subject stands. A member is
 * `id << 1`, plus one where its tuple has a condition. A set is a handle: 0 is the empty one, a set of one member is the
 * member itself (inverted, so negative), up to 14 are a list, more are an open-addressing table that one probe decides.
 * Operations that change a set answer its new handle.
 */
export class IdSets {
  data: Int32Array;
  private end: number;
  /** First free block of each size; a free block names the next one in its second word. */
  private readonly free: Int32Array;

  constructor(saved?: SavedIdSets) {
    this.data = saved?.data ?? new Int32Array(256);
    // Word 0 is never given away: a handle of 0 is the empty set.
    this.end = saved ? saved.data.length : 1;
    this.free = saved?.free ?? new Int32Array(CLASSES);
  }

  get byteSize(): number {
    return this.data.byteLength;
  }

  size(set: number): number {
    return set < 0 ? 1 : set === 0 ? 0 : (this.data[set + 1] as number);
  }

  /** The member with this id, or -1. */
  find(set: number, id: number): number {
    if (set < 0) return ~set >> 1 === id ? ~set : NONE;
    if (set === 0) return NONE;
    const { data } = this;
    const size = data[set] as number;
    const first = set + HEADER;
    if (size < LISTS) {
      for (let at = first, end = first + (data[set + 1] as number); at < end; at++)
        if ((data[at] as number) >> 1 === id) return data[at] as number;
      return NONE;
    }
    const mask = capacity(size) - 1;
    for (let at = place(id, size); ; at = (at + 1) & mask) {
      const member = data[first + at] as number;
      if (member === NONE) return NONE;
      if (member >> 1 === id) return member;
    }
  }

  /** Words from `first` to before `last` hold the members, and -1 between them. Not for sets of less than two. */
  first(set: number): number {
    return set + HEADER;
  }

  last(set: number): number {
    const size = this.data[set] as number;
    return set + HEADER + (size < LISTS ? (this.data[set + 1] as number) : capacity(size));
  }

  /** Members as an array, for what need not be fast. */
  members(set: number): readonly number[] {
    if (set < 0) return [~set];
    if (set === 0) return [];
    const members: number[] = [];
    for (let at = this.first(set); at < this.last(set); at++) {
      const member = this.data[at] as number;
      if (member !== NONE) members.push(member);
    }
    return members;
  }

  /** Adds a member, or replaces the one of the same id. */
  add(set: number, member: number): number {
    if (set === 0) return ~member;
    if (set < 0) {
      if (~set >> 1 === member >> 1) return ~member;
      const list = this.allocate(0);
      this.put(list, ~set);
      this.put(list, member);
      return list;
    }
    if (this.replace(set, member)) return set;
    const size = this.data[set] as number;
    const count = this.data[set + 1] as number;
    const isFull = size < LISTS ? count === capacity(size) : (count + 1) * 4 > capacity(size) * 3;
    const target = isFull ? this.moved(set, size + 1) : set;
    this.put(target, member);
    return target;
  }

  remove(set: number, id: number): number {
    if (set < 0) return ~set >> 1 === id ? 0 : set;
    if (set === 0 || this.find(set, id) === NONE) return set;
    const { data } = this;
    const size = data[set] as number;
    const count = (data[set + 1] as number) - 1;
    data[set + 1] = count;
    if (size < LISTS) this.removeFromList(set, count, id);
    else this.removeFromTable(set, size, id);
    if (count === 1) {
      const last = this.members(set)[0] as number;
      this.release(set);
      return ~last;
    }
    // Shrinks late, so that a set around a limit is not copied back and forth.
    return size > 0 && count * 4 < capacity(size - 1) ? this.moved(set, size - 1) : set;
  }

  release(set: number): void {
    if (set <= 0) return;
    const size = this.data[set] as number;
    this.data[set + 1] = this.free[size] as number;
    this.free[size] = set;
  }

  save(): SavedIdSets {
    return { data: this.data.subarray(0, this.end), free: this.free };
  }

  private replace(set: number, member: number): boolean {
    const { data } = this;
    const size = data[set] as number;
    const first = set + HEADER;
    if (size < LISTS) {
      for (let at = first, end = first + (data[set + 1] as number); at < end; at++) {
        if ((data[at] as number) >> 1 !== member >> 1) continue;
        data[at] = member;
        return true;
      }
      return false;
    }
    const mask = capacity(size) - 1;
    for (let at = place(member >> 1, size); data[first + at] !== NONE; at = (at + 1) & mask) {
      if ((data[first + at] as number) >> 1 !== member >> 1) continue;
      data[first + at] = member;
      return true;
    }
    return false;
  }

  private put(set: number, member: number): void {
    const { data } = this;
    const size = data[set] as number;
    const first = set + HEADER;
    const count = data[set + 1] as number;
    data[set + 1] = count + 1;
    if (size < LISTS) {
      data[first + count] = member;
      return;
    }
    const mask = capacity(size) - 1;
    let at = place(member >> 1, size);
    while (data[first + at] !== NONE) at = (at + 1) & mask;
    data[first + at] = member;
  }

  private removeFromList(set: number, count: number, id: number): void {
    const { data } = this;
    for (let at = set + HEADER; ; at++) {
      if ((data[at] as number) >> 1 !== id) continue;
      data[at] = data[set + HEADER + count] as number;
      return;
    }
  }

  private removeFromTable(set: number, size: number, id: number): void {
    const { data } = this;
    const first = set + HEADER;
    const mask = capacity(size) - 1;
    let hole = place(id, size);
    while ((data[first + hole] as number) >> 1 !== id) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const member = data[first + at] as number;
      if (member === NONE) break;
      if (((at - place(member >> 1, size)) & mask) >= ((at - hole) & mask)) {
        data[first + hole] = member;
        hole = at;
      }
    }
    data[first + hole] = NONE;
  }

  private moved(set: number, size: number): number {
    const target = this.allocate(size);
    const last = this.last(set);
    for (let at = this.first(set); at < last; at++) {
      const member = this.data[at] as number;
      if (member !== NONE) this.put(target, member);
    }
    this.release(set);
    return target;
  }

  private allocate(size: number): number {
    let block = this.free[size] as number;
    const words = HEADER + capacity(size);
    if (block !== 0) this.free[size] = this.data[block + 1] as number;
    else {
      block = this.end;
      this.end += words;
      if (this.end > this.data.length) this.data = grown(this.data, this.end);
    }
    this.data[block] = size;
    this.data[block + 1] = 0;
    if (size >= LISTS) this.data.fill(NONE, block + HEADER, block + words);
    return block;
  }
}

export interface SavedIdSets {
  readonly data: Int32Array;
  readonly free: Int32Array;
}

/** Size class and number of members. */
const HEADER = 2;
/** Lists of 2, 6 and 14 members, so that a block fills 4, 8 or 16 words; then tables of 32, 64, … slots. */
const LISTS = 3;
const CLASSES = 32;

function capacity(size: number): number {
  return size < LISTS ? (4 << size) - HEADER : 32 << (size - LISTS);
}

function place(id: number, size: number): number {
  return Math.imul(id, 0x9e3779b1) >>> (32 - 5 - (size - LISTS));
}
