/** Bits of one word: what V8 keeps as a small integer, beside the sign. */
const BITS = 30;

/**
 * A set of small integers (slots of permissions in a graph), one bit each.
 * A plain array, not a typed one: most organizations have a few dozen permissions, and a typed array costs 100 bytes before
 * its first bit.
 */
export class PermissionSet {
  readonly #words: number[] = [];

  has(slot: number): boolean {
    return ((this.#words[(slot / BITS) | 0] ?? 0) & (1 << (slot % BITS))) !== 0;
  }

  add(slot: number): void {
    const word = (slot / BITS) | 0;
    while (this.#words.length <= word) this.#words.push(0);
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (slot % BITS));
  }

  delete(slot: number): void {
    const word = (slot / BITS) | 0;
    if (word < this.#words.length) this.#words[word] = (this.#words[word] ?? 0) & ~(1 << (slot % BITS));
  }

  addAll(other: PermissionSet): void {
    const from = other.#words;
    while (this.#words.length < from.length) this.#words.push(0);
    for (let word = 0; word < from.length; word++) this.#words[word] = (this.#words[word] ?? 0) | (from[word] ?? 0);
  }
}
