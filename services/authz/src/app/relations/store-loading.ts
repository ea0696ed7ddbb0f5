import { DomainError } from '@lumo/kit';
import { runInContext, systemContext } from '@lumo/tenancy';
import type { ChangeReading, RelationLoader, StoreRecords } from '../../relation-ports.js';
import { ChangeTail } from './change-tail.js';
import { EngineBuilding } from './engine-building.js';
import type { HeldStore, StoreContent } from './held-store.js';
import type { Snapshots } from './snapshots.js';
import { defaultStoreId, modelNotFound, storeNotFound } from './store-id.js';

/** Brings stores into memory and up to date; each method is one reading for everybody who waits for it. */
export interface StoreLoading {
  /** Loads, or catches up with what was committed before this call. */
  advance(held: HeldStore): Promise<void>;
}

export interface StoreLoadingOptions {
  readonly records: Pick<StoreRecords, 'changes'>;
  readonly loader: RelationLoader;
  readonly snapshots: Snapshots;
  /** A store beyond this is not loaded. */
  readonly maxBytes: number;
  readonly elapsedMs: () => number;
}

const CHANGES_PER_READING = 50;
const LOADS_AT_ONCE = 4;
const SLICE_MS = 4;
/** Tuples that are added before the clock is looked at. */
const TUPLES_PER_LOOK = 500;

export function createStoreLoading(options: StoreLoadingOptions): StoreLoading {
  const { records, loader, snapshots, maxBytes, elapsedMs } = options;

  let loading = 0;
  const line: (() => void)[] = [];

  async function load(held: HeldStore): Promise<void> {
    const kept = await snapshots.read(held);
    if (kept) {
      held.content = { ...kept, tail: new ChangeTail(kept.engine.revision), unsaved: 0 };
      if (await catchUp(held)) return;
      held.drop();
    }
    held.content = await inLine(() => loadWhole(held));
  }

  /** A few at a time: each holds a connection for as long as it reads, and the others have requests to serve. */
  async function inLine<T>(work: () => Promise<T>): Promise<T> {
    if (loading === LOADS_AT_ONCE) await new Promise<void>((resolve) => line.push(resolve));
    else loading++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else loading--;
    }
  }

  async function loadWhole(held: HeldStore): Promise<StoreContent> {
    const building = new EngineBuilding();
    let sliceEnd = elapsedMs() + SLICE_MS;
    const loaded = await loader.load(held.id, async (part) => {
      for (let from = 0; from < part.length; from += TUPLES_PER_LOOK) {
        building.add(part.slice(from, from + TUPLES_PER_LOOK));
        if (building.byteSize > maxBytes) throw tooLarge();
        if (elapsedMs() < sliceEnd) continue;
        await new Promise(setImmediate);
        sliceEnd = elapsedMs() + SLICE_MS;
      }
    });
    if (!loaded) throw absent(held);
    const { store, revision } = loaded;
    const tail = new ChangeTail(revision);
    return {
      engine: building.finish(revision),
      number: store.number,
      modelId: store.modelId,
      tail,
      unsaved: Number.POSITIVE_INFINITY,
    };
  }

  /** False where the steps in between are no longer kept, or the database went back in time. */
  async function catchUp(held: HeldStore): Promise<boolean> {
    for (;;) {
      const { content } = held;
      if (!content) return false;
      const after = content.engine.revision;
      const reading = await records.changes(held.id, { after, limit: CHANGES_PER_READING });
      if (!reading || held.content !== content) {
        held.drop();
        if (!reading) throw absent(held);
        return false;
      }
      if (reading.store.pruned > after || reading.revision < after || reading.store.number !== content.number)
        return false;
      await held.turns.change(() => apply(held, reading));
      if (!reading.more) return true;
    }
  }

  async function apply(held: HeldStore, { changes, more, revision }: ChangeReading): Promise<void> {
    let sliceEnd = elapsedMs() + SLICE_MS;
    for (const change of changes) {
      held.apply(change);
      if (elapsedMs() < sliceEnd) continue;
      await new Promise(setImmediate);
      sliceEnd = elapsedMs() + SLICE_MS;
    }
    if (!more && held.revision < revision) held.content?.engine.advance(revision);
    // What was heard of while this reading went on.
    held.applyWaiting();
  }

  return {
    advance(held) {
      // It belongs to no request, so that no request's deadline ends it for the others.
      return runInContext(systemContext('authz', 'relation-graphs', held.org), async () => {
        const { demands } = held;
        if (!held.content || !(await catchUp(held))) {
          held.drop();
          await load(held);
        }
        held.settle(demands);
      });
    },
  };
}

function absent({ org, id }: HeldStore): DomainError {
  return id === defaultStoreId(org) ? modelNotFound() : storeNotFound();
}

function tooLarge(): DomainError {
  return new DomainError(
    'unavailable',
    'store_too_large',
    'The tuples of this store do not fit into the memory that the operator gave to them (LUMO_RELATION_MEMORY).',
  );
}
