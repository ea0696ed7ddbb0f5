/**
 * Rows of 32-bit integers in one typed array, with ids that are used again once freed: outside of the heap, so a million
 * rows cost the garbage collector nothing. In all of `engine`, `data[index] as number` stands where the index comes from
 * the structure itself and is within bounds; the compiler cannot know.
 */
export class Records {
  data: Int32Array;
  /** One above the largest id ever given. */
  count = 0;
  private free = NONE;

  constructor(
    readonly stride: number,
    capacity = 64,
  ) {
    this.data = new Int32Array(capacity * stride);
  }

  /** The row is not cleared. */
  allocate(): number {
    const id = this.free;
    if (id !== NONE) {
      this.free = -2 - (this.data[id * this.stride] as number);
      return id;
    }
    if ((this.count + 1) * this.stride > this.data.length)
      this.data = grown(this.data, (this.count + 1) * this.stride, this.stride);
    if (this.count >= MAX_ID) throw new RangeError('a store holds at most 2^29 names');
    return this.count++;
  }

  /** A freed row has a negative first word; a row in use must not. */
  release(id: number): void {
    this.data[id * this.stride] = -2 - this.free;
    this.free = id;
  }

  isUsed(id: number): boolean {
    return id < this.count && (this.data[id * this.stride] as number) >= 0;
  }

  get byteSize(): number {
    return this.data.byteLength;
  }

  save(): SavedRecords {
    return { data: this.data.subarray(0, this.count * this.stride), count: this.count, free: this.free };
  }

  static load(stride: number, { data, count, free }: SavedRecords): Records {
    const records = new Records(stride, 0);
    records.data = data;
    records.count = count;
    records.free = free;
    return records;
  }
}

export interface SavedRecords {
  readonly data: Int32Array;
  readonly count: number;
  readonly free: number;
}

export const NONE = -1;
/** Ids are stored shifted by one bit beside a flag, and -1 means "nothing": this keeps them small integers. */
const MAX_ID = 2 ** 29;

/** A quarter more than before, or what is needed. */
export function grown(data: Int32Array, needed: number, unit = 1): Int32Array {
  const larger = new Int32Array(Math.ceil(Math.max(needed, data.length * 1.25) / unit) * unit);
  larger.set(data);
  return larger;
}
