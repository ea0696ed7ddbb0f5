import type { Org } from '@lumo/tenancy';
import { HeldStore } from './held-store.js';

/** How often the order of use is kept up to date for one store. */
const ORDER_AFTER_MS = 1_000;

interface Place {
  readonly held: HeldStore;
  bytes: number;
  usedMs: number;
}

export interface StoreShelfOptions {
  /** Memory for all stores together, in bytes of their engines. */
  readonly maxBytes: number;
  readonly elapsedMs: () => number;
  /** A store leaves memory; it is still whole. */
  readonly leaving: (held: HeldStore) => void;
}

/** The stores in memory, in order of use, within a budget. */
export class StoreShelf {
  readonly #places = new Map<string, Place>();
  readonly #byOrg = new Map<string, Set<HeldStore>>();
  readonly #options: StoreShelfOptions;
  #bytes = 0;

  constructor(options: StoreShelfOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Finds a store and counts it as used. */
  use(org: Org, storeId: string): HeldStore | undefined {
    const key = keyOf(org.id, storeId);
    const place = this.#places.get(key);
    const now = this.#options.elapsedMs();
    if (place && place.usedMs < now - ORDER_AFTER_MS) {
      place.usedMs = now;
      this.#places.delete(key);
      this.#places.set(key, place);
    }
    return place?.held;
  }

  useOrAdd(org: Org, storeId: string): HeldStore {
    const known = this.use(org, storeId);
    if (known) return known;
    const held = new HeldStore(org, storeId);
    this.#places.set(keyOf(org.id, storeId), { held, bytes: 0, usedMs: this.#options.elapsedMs() });
    const ofOrg = this.#byOrg.get(org.id) ?? new Set();
    this.#byOrg.set(org.id, ofOrg.add(held));
    return held;
  }

  /** A store came, grew or shrank. */
  weigh(held: HeldStore): void {
    const place = this.#places.get(keyOf(held.org.id, held.id));
    if (place?.held !== held) return;
    this.#bytes += held.byteSize - place.bytes;
    place.bytes = held.byteSize;
    // A reading that failed leaves nothing worth keeping.
    if (!held.content && !held.isBusy) this.#remove(place);
    this.#trim(held);
  }

  ofOrg(orgId: string): Iterable<HeldStore> {
    return this.#byOrg.get(orgId) ?? [];
  }

  *all(): Iterable<HeldStore> {
    for (const { held } of this.#places.values()) yield held;
  }

  /** Lets go of what was not used for longest. What somebody waits for stays, and so does the one that is used now. */
  #trim(used: HeldStore): void {
    for (const place of this.#places.values()) {
      if (this.#bytes <= this.#options.maxBytes) return;
      if (place.held === used || place.held.isBusy) continue;
      this.#options.leaving(place.held);
      this.#remove(place);
    }
  }

  #remove(place: Place): void {
    const { org, id } = place.held;
    this.#bytes -= place.bytes;
    this.#places.delete(keyOf(org.id, id));
    const ofOrg = this.#byOrg.get(org.id);
    ofOrg?.delete(place.held);
    if (ofOrg?.size === 0) this.#byOrg.delete(org.id);
  }
}

function keyOf(orgId: string, storeId: string): string {
  return `${orgId} ${storeId}`;
}
