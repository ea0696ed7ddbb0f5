import type { Asking } from '../../core/rebac/relation-engine.js';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import type { LoggedChange } from '../../relation-ports.js';
import { keyOf } from './tuple-request.js';

export type Rewind = NonNullable<Asking['rewind']>;

/** Tuples that a question about an earlier revision may have to put back or take out. */
export const KEPT_OPS = 10_000;

/** The newest changes of a store, to answer at an earlier revision. */
export class ChangeTail {
  #changes: LoggedChange[] = [];
  #ops = 0;
  /** All changes after this revision are here. */
  #from: number;
  #composed: { readonly from: number; readonly to: number; readonly rewind: Rewind } | undefined;

  constructor(from: number) {
    this.#from = from;
  }

  /** What it holds, counted as `opsOf` does. */
  get ops(): number {
    return this.#ops;
  }

  push(change: LoggedChange): void {
    this.#changes.push(change);
    this.#ops += opsOf(change);
    let cut = 0;
    while (this.#ops > KEPT_OPS && cut < this.#changes.length) this.#ops -= opsOf(this.#changes[cut++] as LoggedChange);
    if (cut === 0) return;
    this.#from = (this.#changes[cut - 1] as LoggedChange).revision;
    this.#changes.splice(0, cut);
  }

  /** Puts what came before in front: all changes after `from`, as far as they are not here. */
  extend(from: number, earlier: readonly LoggedChange[]): void {
    if (from >= this.#from) return;
    const added = earlier.filter(({ revision }) => revision <= this.#from);
    this.#changes.unshift(...added);
    for (const change of added) this.#ops += opsOf(change);
    this.#from = from;
  }

  reaches(revision: number): boolean {
    return revision >= this.#from;
  }

  /** Whether the model that counts is another one than at `revision`. */
  hasModelSince(revision: number): boolean {
    return this.#changes.some((change) => change.revision > revision && change.modelId !== undefined);
  }

  /** What undoes every change after `revision`; undefined where nothing has to be undone. Only where it reaches. */
  rewindTo(revision: number): Rewind | undefined {
    const newest = this.#changes.at(-1)?.revision ?? revision;
    if (newest <= revision) return undefined;
    if (this.#composed?.from === revision && this.#composed.to === newest) return this.#composed.rewind;
    // Newest first: what an older change says of a key is what was true before all of them.
    const before = new Map<string, RelationTuple | TupleKey>();
    const present = new Set<string>();
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const change = this.#changes[i] as LoggedChange;
      if (change.revision <= revision) break;
      for (const tuple of change.writes) {
        before.set(keyOf(tuple), tuple);
        present.delete(keyOf(tuple));
      }
      for (const tuple of change.deletes) {
        before.set(keyOf(tuple), tuple);
        present.add(keyOf(tuple));
      }
    }
    const entries = [...before];
    const rewind = {
      present: entries.filter(([key]) => present.has(key)).map(([, tuple]) => tuple),
      absent: entries
        .filter(([key]) => !present.has(key))
        .map(([, { object, relation, subject }]) => ({ object, relation, subject })),
    };
    this.#composed = { from: revision, to: newest, rewind };
    return rewind;
  }
}

export function opsOf({ writes, deletes }: LoggedChange): number {
  return 1 + writes.length + deletes.length;
}
