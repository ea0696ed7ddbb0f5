import type { Latency } from '../load/latency.js';

/** Single permission checks through the gateway, by how many clients ask at the same time. */
export interface ClusterChecks {
  readonly clients: number;
  readonly perSecond: number;
  readonly latencyMs: Latency;
  readonly failures: number;
  /** Microseconds of CPU for one check; absent where the system does not tell. */
  readonly cpu?: { readonly gateway: number; readonly authz: number };
}

/** How soon what was written through one replica is there at the other. */
export interface Visibility {
  readonly writes: number;
  /** Writes that others make to the same organization meanwhile, a second. */
  readonly others: number;
  /** From the acknowledgement until a check that asks for nothing in particular sees it; 0 where it was there before. */
  readonly lagMs: Latency;
  /** The whole time of a check with the token of the write. */
  readonly freshCheckMs: Latency;
}

export interface ClusterReport {
  readonly checks: readonly ClusterChecks[];
  readonly visibility: readonly Visibility[];
}

export const VISIBLE_P99_MS = 50;
