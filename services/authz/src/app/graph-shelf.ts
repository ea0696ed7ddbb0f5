import type { Org } from '@lumo/tenancy';
import type { GraphEntry } from './org-graphs.js';

/** A graph above this size competes with other large ones only: a few big organizations never push out many small ones. */
const LARGE_BYTES = 512 * 1024;
const SHARE_OF_SMALL = 3 / 4;
/** How often the order of use is kept up to date for one organization. */
const ORDER_AFTER_MS = 1_000;

interface Place {
  readonly entry: GraphEntry;
  tier: Tier;
  bytes: number;
  usedMs: number;
}

/** Graphs of similar size in order of use, within a budget. */
class Tier {
  readonly places = new Map<string, Place>();
  #bytes = 0;

  constructor(readonly budget: number) {}

  put(place: Place): void {
    this.places.set(place.entry.org.id, place);
    this.#bytes += place.bytes;
  }

  take(place: Place): void {
    if (this.places.delete(place.entry.org.id)) this.#bytes -= place.bytes;
  }

  /** Lets go of what was not used for longest. What somebody waits for stays. */
  trim(): void {
    for (const place of this.places.values()) {
      if (this.#bytes <= this.budget) return;
      if (!place.entry.advancing) this.take(place);
    }
  }
}

/** Keeps graphs within a budget of memory, part of it for small organizations and part for large ones. */
export class GraphShelf {
  readonly #small: Tier;
  readonly #large: Tier;
  readonly #elapsedMs: () => number;

  constructor(maxBytes: number, elapsedMs: () => number) {
    this.#small = new Tier(maxBytes * SHARE_OF_SMALL);
    this.#large = new Tier(maxBytes * (1 - SHARE_OF_SMALL));
    this.#elapsedMs = elapsedMs;
  }

  find(orgId: string): GraphEntry | undefined {
    return this.#place(orgId)?.entry;
  }

  findOrAdd(org: Org): GraphEntry {
    const known = this.find(org.id);
    if (known) return known;
    const entry: GraphEntry = { org, required: 0, demands: 0, wanted: new Map() };
    this.#small.put({ entry, tier: this.#small, bytes: 0, usedMs: this.#elapsedMs() });
    return entry;
  }

  /** Finds an entry and counts it as used. */
  use(orgId: string): GraphEntry | undefined {
    const place = this.#place(orgId);
    if (place && place.usedMs < this.#elapsedMs() - ORDER_AFTER_MS) {
      place.tier.take(place);
      place.usedMs = this.#elapsedMs();
      place.tier.put(place);
    }
    return place?.entry;
  }

  /** A graph came, grew or shrank. */
  weigh(entry: GraphEntry): void {
    const place = this.#place(entry.org.id);
    if (place?.entry !== entry) return;
    place.tier.take(place);
    place.bytes = entry.graph?.byteSize ?? 0;
    place.tier = place.bytes > LARGE_BYTES ? this.#large : this.#small;
    // A reading that failed leaves nothing worth keeping.
    if (entry.graph) place.tier.put(place);
    place.tier.trim();
  }

  orgIds(): readonly string[] {
    return [...this.#small.places.keys(), ...this.#large.places.keys()];
  }

  #place(orgId: string): Place | undefined {
    return this.#small.places.get(orgId) ?? this.#large.places.get(orgId);
  }
}
