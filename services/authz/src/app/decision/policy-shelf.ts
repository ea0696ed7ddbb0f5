import type { Org } from '@lumo/tenancy';
import type { StoredAttributes } from '../../policy-ports.js';
import type { PolicyEntry } from './org-policies.js';

/** What an organization weighs beside its policies: the entry itself and its empty maps. */
const ENTRY_BYTES = 1_000;
/** Compiled policies keep closures beside the text that they were made from. */
const BYTES_PER_CHARACTER = 6;
/** Attributes kept for one organization at most, as a share of the whole budget. */
const SHARE_OF_ONE = 1 / 8;

interface Place {
  readonly entry: PolicyEntry;
  bytes: number;
}

/** Keeps policies and attributes within a budget of memory: the organization that was not asked about for longest goes first. */
export class PolicyShelf {
  readonly #places = new Map<string, Place>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(orgId: string): PolicyEntry | undefined {
    return this.#places.get(orgId)?.entry;
  }

  *entries(): Iterable<PolicyEntry> {
    for (const { entry } of this.#places.values()) yield entry;
  }

  /** Finds or adds an entry, which counts as used. */
  use(org: Org): PolicyEntry {
    const known = this.#places.get(org.id);
    const place = known ?? {
      entry: newEntry(org),
      bytes: 0,
    };
    // A map keeps the order of insertion: the entry goes to its end.
    this.#places.delete(org.id);
    this.#places.set(org.id, place);
    return place.entry;
  }

  /** Keeps what was read of an owner; others of the same organization give way where there are too many. */
  keep(entry: PolicyEntry, key: string, at: number, stored: StoredAttributes): void {
    const old = entry.attributes.get(key);
    if (old) this.#forget(entry, key, old.bytes);
    const bytes = 200 + key.length * 2 + JSON.stringify(stored).length * 3;
    entry.attributes.set(key, { at, stored, bytes });
    entry.attributeBytes += bytes;
    for (const [oldest, { bytes: freed }] of entry.attributes) {
      if (entry.attributeBytes <= this.#maxBytes * SHARE_OF_ONE) break;
      this.#forget(entry, oldest, freed);
    }
    this.weigh(entry);
  }

  /** An entry came, grew or shrank. */
  weigh(entry: PolicyEntry): void {
    const place = this.#places.get(entry.org.id);
    if (place?.entry !== entry) return;
    const bytes = ENTRY_BYTES + (entry.loaded?.set.weight ?? 0) * BYTES_PER_CHARACTER + entry.attributeBytes;
    this.#bytes += bytes - place.bytes;
    place.bytes = bytes;
    // A reading that failed leaves nothing worth keeping.
    if (!entry.loaded) this.#drop(place);
    for (const other of this.#places.values()) {
      if (this.#bytes <= this.#maxBytes) return;
      // What somebody waits for stays.
      if (other !== place && !other.entry.advancing) this.#drop(other);
    }
  }

  #forget(entry: PolicyEntry, key: string, bytes: number): void {
    entry.attributes.delete(key);
    entry.attributeBytes -= bytes;
  }

  #drop(place: Place): void {
    if (this.#places.delete(place.entry.org.id)) this.#bytes -= place.bytes;
  }
}

function newEntry(org: Org): PolicyEntry {
  return {
    org,
    at: -1,
    required: 0,
    demands: 0,
    announced: 0,
    witness: { revision: 0, seenMs: 0 },
    attributes: new Map(),
    attributeBytes: 0,
  };
}
