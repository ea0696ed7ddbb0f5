/** A set of small integers (slots of permissions in a graph), one bit each. */
export class PermissionSet {
  #words: Uint32Array;

  constructor(capacity = 0) {
    this.#words = new Uint32Array((capacity + 31) >>> 5);
  }

  has(slot: number): boolean {
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (slot & 31));
  }

  delete(slot: number): void {
    const word = slot >>> 5;
    if (word < this.#words.length) this.#words[word] = (this.#words[word] ?? 0) & ~(1 << (slot & 31));
  }

  addAll(other: PermissionSet): void {
    const from = other.#words;
    if (from.length > this.#words.length) {
      const grown = new Uint32Array(from.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    for (let word = 0; word < from.length; word++) this.#words[word] = (this.#words[word] ?? 0) | (from[word] ?? 0);
  }

  /** Bytes of the bits; the object around them is counted by who holds it. */
  get byteLength(): number {
    return this.#words.byteLength;
  }
}
