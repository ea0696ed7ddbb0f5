import type { Closure } from './closure.js';
import type { Grant } from './grants.js';

/**
 * A union of ways to be related, flattened: relations computed from each other on the same object are one region. Roots
 * of regions are relations; operands of intersections and exclusions have regions of their own.
 */
export interface Region {
  readonly id: number;
  /** What is below is there once `SubjectPlan.complete` was called: most regions of a large model are never looked at. */
  readonly isComplete: boolean;
  /** The userset that asks is this very relation: it has it if the object is its own. */
  readonly isSelf: boolean;
  readonly directs: readonly Direct[];
  readonly parents: readonly Parents[];
  readonly compounds: readonly Compound[];
}

/** Tuples written for a relation. */
export interface Direct {
  readonly relation: number;
  /** The subject's own tuple. */
  readonly own: Grant | null;
  /** The tuple of everybody of the subject's type. */
  readonly everybody: Grant | null;
  /** Usersets that may be written and can lead to the subject: a few, so they are looked through. */
  readonly hops: readonly Hop[];
  /** Decides those of the hops that it has. */
  readonly closure: Closure | undefined;
  /** All of the hops. */
  readonly isClosed: boolean;
}

export interface Hop {
  /** Relation of the userset. */
  readonly relation: number;
  readonly grant: Grant;
  readonly region: Region;
  readonly isClosed: boolean;
}

/** Tuples of a tupleset; by type of the parent what to ask there. */
export interface Parents {
  readonly relation: number;
  readonly hops: readonly (ParentHop | undefined)[];
}

export interface ParentHop {
  readonly grant: Grant;
  readonly regions: readonly Region[];
}

/** All of the operands, and not what is subtracted. */
export interface Compound {
  readonly id: number;
  readonly operands: readonly Region[];
  readonly subtract: Region | null;
  /** Its component, where an operand leads back to the relation it belongs to; else -1. */
  readonly cycle: number;
}
