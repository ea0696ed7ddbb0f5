import { randomInt } from 'node:crypto';
import { NONE, Records, type SavedRecords } from './records.js';

/**
 * Names and their numbers. A name is a text under a salt (the type of an entity); its code units lie in one byte arena,
 * exactly as given: no folding of case, no Unicode normalisation. Rows have room for what else is known of a name.
 */
export class Interner {
  readonly records: Records;
  /** Odd, and unknown to whoever chooses names: they cannot choose such as collide. */
  private readonly secret: number;
  /** `tag | id` where the tag is the upper bits of the hash, or -1: most wrong slots are passed without looking at a name. */
  private slots: Int32Array;
  private mask: number;
  private used = 0;
  private arena: Uint8Array;
  private arenaEnd = 0;
  /** Holes left by removed names, by their size in granules. */
  private readonly holes: Map<number, number[]>;

  constructor(extraWords = 0, saved?: SavedInterner) {
    const stride = FIXED_WORDS + extraWords;
    this.records = saved ? Records.load(stride, saved.records) : new Records(stride);
    this.secret = saved?.secret ?? (randomInt(2 ** 31) << 1) | 1;
    this.slots = saved?.slots ?? new Int32Array(64).fill(NONE);
    this.mask = this.slots.length - 1;
    this.used = saved?.used ?? 0;
    this.arena = saved?.arena ?? new Uint8Array(256);
    this.arenaEnd = saved ? saved.arena.length : 0;
    this.holes = new Map(saved?.holes ?? []);
  }

  /** Names in use. */
  get size(): number {
    return this.used;
  }

  get byteSize(): number {
    return this.records.byteSize + this.slots.byteLength + this.arena.byteLength;
  }

  /** Number to look for a name with. */
  hash(salt: number, text: string, start: number, end: number): number {
    const { secret } = this;
    let hash = mix(secret, salt + 1, secret);
    for (let i = start; i < end; i++) hash = mix(hash, text.charCodeAt(i), secret);
    return hash;
  }

  /** -1 where the name is unknown. `hash` is what `hash` says of it. */
  find(salt: number, text: string, start: number, end: number, hash: number): number {
    const { slots, mask, records } = this;
    const { data, stride } = records;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot === NONE) return NONE;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const id = slot & mask;
      const row = id * stride;
      if (data[row] === salt && this.equals(data[row + 1] as number, text, start, end)) return id;
    }
  }

  /** Of a name that `find` does not find. Extra words are zero. */
  add(salt: number, text: string, start: number, end: number, hash: number): number {
    if ((this.used + 1) * 4 > this.slots.length * 3) this.rehash();
    const id = this.records.allocate();
    const { data, stride } = this.records;
    const row = id * stride;
    data.fill(0, row, row + stride);
    data[row] = salt;
    data[row + 1] = this.keep(text, start, end);
    this.used++;
    this.place(id, hash);
    return id;
  }

  remove(id: number): void {
    const { data, stride } = this.records;
    const granule = data[id * stride + 1] as number;
    this.unplace(id);
    const size = granules(this.header(granule) >>> 1, (this.header(granule) & 1) === 1);
    const holes = this.holes.get(size);
    if (holes) holes.push(granule);
    else this.holes.set(size, [granule]);
    this.records.release(id);
    this.used--;
  }

  saltOf(id: number): number {
    return this.records.data[id * this.records.stride] as number;
  }

  textOf(id: number): string {
    const granule = this.records.data[id * this.records.stride + 1] as number;
    const header = this.header(granule);
    const start = granule * GRANULE + HEADER;
    const bytes = Buffer.from(this.arena.buffer, this.arena.byteOffset + start, (header >>> 1) << (header & 1));
    return bytes.toString((header & 1) === 1 ? 'utf16le' : 'latin1');
  }

  save(): SavedInterner {
    return {
      secret: this.secret,
      records: this.records.save(),
      slots: this.slots,
      used: this.used,
      arena: this.arena.subarray(0, this.arenaEnd),
      holes: [...this.holes],
    };
  }

  /** Twice the length, and one more where each code unit takes two bytes. */
  private header(granule: number): number {
    const { arena } = this;
    const at = granule * GRANULE;
    return (arena[at] as number) | ((arena[at + 1] as number) << 8) | ((arena[at + 2] as number) << 16);
  }

  private equals(granule: number, text: string, start: number, end: number): boolean {
    const header = this.header(granule);
    const length = end - start;
    if (header >>> 1 !== length) return false;
    const { arena } = this;
    const at = granule * GRANULE + HEADER;
    if ((header & 1) === 0) {
      for (let i = 0; i < length; i++) if (arena[at + i] !== text.charCodeAt(start + i)) return false;
      return true;
    }
    for (let i = 0; i < length; i++) {
      const unit = (arena[at + 2 * i] as number) | ((arena[at + 2 * i + 1] as number) << 8);
      if (unit !== text.charCodeAt(start + i)) return false;
    }
    return true;
  }

  private keep(text: string, start: number, end: number): number {
    const length = end - start;
    let wide = 0;
    for (let i = start; i < end; i++) if (text.charCodeAt(i) > 0xff) wide = 1;
    const granule = this.hole(granules(length, wide === 1));
    const { arena } = this;
    const at = granule * GRANULE;
    const header = (length << 1) | wide;
    arena[at] = header;
    arena[at + 1] = header >>> 8;
    arena[at + 2] = header >>> 16;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(start + i);
      if (wide === 0) arena[at + HEADER + i] = unit;
      else {
        arena[at + HEADER + 2 * i] = unit;
        arena[at + HEADER + 2 * i + 1] = unit >>> 8;
      }
    }
    return granule;
  }

  private hole(size: number): number {
    const hole = this.holes.get(size)?.pop();
    if (hole !== undefined) return hole;
    const start = this.arenaEnd;
    this.arenaEnd += size * GRANULE;
    if (this.arenaEnd > this.arena.length) {
      const larger = new Uint8Array(Math.max(this.arenaEnd, Math.ceil(this.arena.length * 1.25)));
      larger.set(this.arena);
      this.arena = larger;
    }
    return start / GRANULE;
  }

  private place(id: number, hash: number): void {
    const { slots, mask } = this;
    let at = hash & mask;
    while (slots[at] !== NONE) at = (at + 1) & mask;
    slots[at] = (hash & ~mask) | id;
  }

  /** Linear probing without tombstones: what stood behind the removed one moves up. */
  private unplace(id: number): void {
    const { slots, mask } = this;
    let hole = this.hashOf(id) & mask;
    while (((slots[hole] as number) & mask) !== id || slots[hole] === NONE) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot === NONE) break;
      const home = this.hashOf(slot & mask) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        slots[hole] = slot;
        hole = at;
      }
    }
    slots[hole] = NONE;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(NONE);
    this.mask = this.slots.length - 1;
    for (let id = 0; id < this.records.count; id++) if (this.records.isUsed(id)) this.place(id, this.hashOf(id));
  }

  private hashOf(id: number): number {
    const { data, stride } = this.records;
    const granule = data[id * stride + 1] as number;
    const header = this.header(granule);
    const { arena } = this;
    let at = granule * GRANULE + HEADER;
    const { secret } = this;
    let hash = mix(secret, (data[id * stride] as number) + 1, secret);
    for (let i = 0; i < header >>> 1; i++) {
      if ((header & 1) === 0) hash = mix(hash, arena[at++] as number, secret);
      else {
        hash = mix(hash, (arena[at] as number) | ((arena[at + 1] as number) << 8), secret);
        at += 2;
      }
    }
    return hash;
  }
}

export interface SavedInterner {
  readonly secret: number;
  readonly records: SavedRecords;
  readonly slots: Int32Array;
  readonly used: number;
  readonly arena: Uint8Array;
  readonly holes: readonly (readonly [number, number[]])[];
}

/** Salt and the place of the text. */
const FIXED_WORDS = 2;
const GRANULE = 4;
const HEADER = 3;

function granules(length: number, wide: boolean): number {
  return Math.ceil((HEADER + (wide ? 2 * length : length)) / GRANULE);
}

function mix(hash: number, unit: number, secret: number): number {
  const mixed = Math.imul(hash ^ unit, secret);
  return mixed ^ (mixed >>> 15);
}
