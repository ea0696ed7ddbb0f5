/** A map that forgets what was not used for longest when its entries outgrow a budget. The newest entry always stays. */
export class LruMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #budget: number;
  readonly #sizeOf: (value: V) => number;
  #size = 0;

  constructor(options: { readonly budget: number; readonly sizeOf: (value: V) => number }) {
    this.#budget = options.budget;
    this.#sizeOf = options.sizeOf;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#size += this.#sizeOf(value);
    for (const [oldest, its] of this.#entries) {
      if (this.#size <= this.#budget || oldest === key) return;
      this.#entries.delete(oldest);
      this.#size -= this.#sizeOf(its);
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#size -= this.#sizeOf(value);
  }
}
