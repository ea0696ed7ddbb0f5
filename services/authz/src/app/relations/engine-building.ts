import { createRelationEngine } from '../../core/rebac/engine/create-relation-engine.js';
import type { RelationEngine } from '../../core/rebac/relation-engine.js';
import type { RelationTuple } from '../../core/rebac/tuple.js';

/** An engine in the making, from the tuples of one reading in parts. No revision that a store can have is below 1. */
export class EngineBuilding {
  readonly #engine = createRelationEngine();
  #parts = 0;

  get byteSize(): number {
    return this.#engine.byteSize;
  }

  add(writes: readonly RelationTuple[]): void {
    this.#parts++;
    this.#engine.apply({ revision: 1 - 1 / (this.#parts + 1), writes, deletes: [] });
  }

  /** @param revision that the tuples are of */
  finish(revision: number): RelationEngine {
    this.#engine.advance(revision);
    return this.#engine;
  }
}
