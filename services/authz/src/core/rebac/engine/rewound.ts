import type { Asking } from '../relation-engine.js';
import type { ModelPlan } from './model-plan.js';
import { Numbering } from './numbering.js';
import { Overlay } from './overlay.js';
import type { TupleStore } from './tuple-store.js';

/** An earlier state of the store: what has to be undone, in numbers. */
export interface EarlierState {
  readonly numbering: Numbering;
  readonly overlay: Overlay;
}

/**
 * Earlier states that questions were asked about. There may be thousands of changes to undo and as many questions, so
 * they are read once for each list of changes, and again when the store or the model is another one.
 */
export class Rewound {
  private readonly states = new WeakMap<
    NonNullable<Asking['rewind']>,
    EarlierState & { readonly plan: ModelPlan; readonly changes: number }
  >();

  constructor(private readonly store: TupleStore) {}

  to(rewind: NonNullable<Asking['rewind']>, plan: ModelPlan): EarlierState {
    const known = this.states.get(rewind);
    if (known && known.plan === plan && known.changes === this.store.changes) return known;
    const numbering = new Numbering(this.store);
    const overlay = new Overlay(plan, numbering);
    for (const key of rewind.absent) overlay.remove(key);
    for (const tuple of rewind.present) overlay.add(tuple);
    const state = { numbering, overlay, plan, changes: this.store.changes };
    this.states.set(rewind, state);
    return state;
  }
}
