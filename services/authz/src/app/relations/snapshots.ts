import { loadRelationEngine } from '../../core/rebac/engine/create-relation-engine.js';
import type { SnapshotFiles } from '../../relation-ports.js';
import type { HeldStore, StoreContent } from './held-store.js';

/** Stores as they were, in files: a quick start, never the truth. What is broken, foreign or too old is as if it was not there. */
export interface Snapshots {
  read(held: HeldStore): Promise<Pick<StoreContent, 'engine' | 'number' | 'modelId'> | undefined>;
  /** A store leaves memory: keeps it where that is worth a file. */
  leaving(held: HeldStore): void;
  /** Keeps one store that is worth a file, if there is one. Called now and then. */
  keepOne(held: Iterable<HeldStore>): Promise<void>;
  /** Keeps everything that is worth a file, as far as there is time. */
  close(held: Iterable<HeldStore>): Promise<void>;
}

export interface SnapshotOptions {
  readonly files: SnapshotFiles;
  readonly epoch: () => Promise<string>;
  readonly elapsedMs: () => number;
}

/** A store below this is read from the database as quickly. */
const WORTH_TUPLES = 10_000;
/** And only when this many tuples, or this share of them, changed since the last file. */
const WORTH_CHANGES = 5_000;
const WORTH_SHARE = 0.05;
const SLICE_MS = 4;
/** A process has about 20 s to stop. */
const CLOSE_MS = 8_000;

/** What a file says about itself, inside the seal. */
interface Header {
  readonly number: number;
  readonly modelId: string | null;
}

const HEADER_BYTES = 512;

export function createSnapshots({ files, epoch, elapsedMs }: SnapshotOptions): Snapshots {
  /** One at a time: each holds a copy of the store while it is written. */
  let writing: Promise<void> = Promise.resolve();

  /** Another epoch, organization or store is another file. */
  const nameOf = async ({ org, id }: HeldStore) => `relations ${await epoch()} ${org.id} ${id}`;

  async function keep(held: HeldStore, content: StoreContent): Promise<void> {
    const file = files.begin(await nameOf(held));
    file.add(headerOf(content));
    const parts = content.engine.save()[Symbol.iterator]();
    // The first part copies everything; from then on the store may change.
    let part = await held.turns.change(async () => {
      content.unsaved = 0;
      return parts.next();
    });
    for (let sliceEnd = elapsedMs() + SLICE_MS; !part.done; part = parts.next()) {
      file.add(part.value);
      if (elapsedMs() < sliceEnd) continue;
      await new Promise(setImmediate);
      sliceEnd = elapsedMs() + SLICE_MS;
    }
    await file.commit();
  }

  function keepLater(held: HeldStore): Promise<void> {
    writing = writing
      .then(async () => {
        if (held.content && isWorth(held.content)) await keep(held, held.content);
      })
      // What is not kept is read from the database.
      .catch(() => {});
    return writing;
  }

  return {
    async read(held) {
      const bytes = await files.read(await nameOf(held));
      if (!bytes) return undefined;
      const header = readHeader(bytes);
      const engine = loadRelationEngine(bytes.subarray(HEADER_BYTES));
      return engine.ok ? { engine: engine.value, ...header } : undefined;
    },
    leaving(held) {
      void keepLater(held);
    },
    async keepOne(all) {
      for (const held of all) {
        if (!held.isBusy && held.content && isWorth(held.content)) return keepLater(held);
      }
    },
    async close(all) {
      const until = elapsedMs() + CLOSE_MS;
      const worth = [...all].filter(({ content }) => content && isWorth(content));
      worth.sort((a, b) => b.byteSize - a.byteSize);
      for (const held of worth) if (elapsedMs() < until) await keepLater(held);
      await writing;
    },
  };
}

/** Where there is nowhere to write. */
export const NO_SNAPSHOTS: Snapshots = {
  read: async () => undefined,
  leaving: () => {},
  keepOne: async () => {},
  close: async () => {},
};

function isWorth({ engine, unsaved }: StoreContent): boolean {
  return engine.tupleCount >= WORTH_TUPLES && unsaved >= Math.max(WORTH_CHANGES, engine.tupleCount * WORTH_SHARE);
}

/** Of one size, so that what follows keeps its alignment. */
function headerOf({ number, modelId }: StoreContent): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES, ' ');
  header.write(JSON.stringify({ number, modelId } satisfies Header));
  return header;
}

function readHeader(bytes: Uint8Array): Header {
  return JSON.parse(Buffer.from(bytes.subarray(0, HEADER_BYTES)).toString());
}
