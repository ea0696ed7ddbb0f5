import { createHash } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import { type SavedTuples, TupleStore } from './tuple-store.js';

/** Why bytes are no snapshot that can be used. */
export interface BrokenSnapshot {
  readonly reason: 'broken_snapshot';
  readonly detail: string;
}

/**
 * A store as bytes: a head in JSON, the arrays as they lie in memory, and a SHA-256 over all of it. Copied at once when
 * first asked for, so that what follows may be written out while the store changes.
 */
export function* saveTuples(store: TupleStore, revision: number): Iterable<Uint8Array> {
  const saved = store.save();
  const arrays: Uint8Array[] = [];
  let end = 0;
  const json = JSON.stringify({ revision, saved }, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    arrays.push(bytes);
    end += bytes.length;
    return { [ARRAY]: value instanceof Uint8Array ? 1 : 4, from: end - bytes.length, to: end };
  });
  const head = new TextEncoder().encode(json);
  const start = new Uint32Array([MAGIC, VERSION, head.length, 0]);
  const hash = createHash('sha256');
  for (const part of [new Uint8Array(start.buffer), head, ...arrays]) {
    for (let at = 0; at < part.length; at += PART) {
      const piece = part.subarray(at, at + PART);
      hash.update(piece);
      yield piece;
    }
  }
  yield hash.digest();
}

/** What was saved, if every byte of it is there. */
export function loadTuples(
  given: Uint8Array,
): Result<{ readonly store: TupleStore; readonly revision: number }, BrokenSnapshot> {
  // Not as a Buffer, whose `slice` copies nothing.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const broken = (detail: string) => err<BrokenSnapshot>({ reason: 'broken_snapshot', detail });
  if (bytes.length < START + SUM) return broken('it is too short');
  const [magic, version, headLength = 0] = new Uint32Array(bytes.slice(0, START).buffer);
  if (magic !== MAGIC) return broken('it is no snapshot of relations, or of a machine with another byte order');
  if (version !== VERSION) return broken(`it has version ${version}, this is ${VERSION}`);
  const content = bytes.subarray(0, bytes.length - SUM);
  const sum = createHash('sha256').update(content).digest();
  if (!sum.equals(bytes.subarray(bytes.length - SUM))) return broken('its checksum is wrong');
  const { revision, saved } = parse(content, START + headLength);
  return ok({ store: new TupleStore(saved), revision });
}

/** Only after the checksum was right: what it says is what `saveTuples` wrote. */
function parse(content: Uint8Array, arraysStart: number): { revision: number; saved: SavedTuples } {
  const json = new TextDecoder().decode(content.subarray(START, arraysStart));
  const arrays = content.subarray(arraysStart);
  return JSON.parse(json, (_, value: unknown) => {
    if (!isSavedArray(value)) return value;
    const copy = arrays.slice(value.from, value.to);
    return value[ARRAY] === 1 ? copy : new Int32Array(copy.buffer);
  }) as { revision: number; saved: SavedTuples };
}

interface SavedArray {
  readonly [ARRAY]: 1 | 4;
  readonly from: number;
  readonly to: number;
}

function isSavedArray(value: unknown): value is SavedArray {
  return typeof value === 'object' && value !== null && ARRAY in value;
}

/** "LMRE" */
const MAGIC = 0x45524d4c;
/** Of the arrays' layout: a file of another version is built anew from the database. */
const VERSION = 2;
const START = 16;
const SUM = 32;
const PART = 1 << 20;
/** In no name of a member of what is saved. */
const ARRAY = '#array';
