import type { ClusterReport } from '../cluster/cluster-report.js';
import type { CurvePoint } from '../curve/curve.js';
import type { Measurement } from '../load/measure.js';
import type { RelationsReport } from '../relations/relations-bench.js';
import type { Machine } from '../server/machine.js';
import type { StartUp } from '../start-up.js';
import type { TimeShare } from './time-shares.js';

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly users: number;
  readonly aim?: number;
  readonly measurement: Measurement;
  /** Where the time of the main thread went, largest share first. */
  readonly profile?: readonly TimeShare[];
}

/** Resident memory of the Node process. */
export interface MemoryResult {
  readonly readyBytes: number;
  readonly afterLoadBytes: number;
  readonly peakBytes: number;
  readonly databasePssBytes: number | undefined;
}

/** Everything one run measured. */
export interface Report {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly measureMs: number;
  readonly startUp?: StartUp;
  readonly scenarios: readonly ScenarioResult[];
  readonly memory?: MemoryResult;
  readonly curve: readonly CurvePoint[];
  readonly relations?: RelationsReport;
  readonly cluster?: ClusterReport;
  /** Parts that could not be measured, and why. */
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** Aims that are not about a scenario. */
export const AIMS = { warmStartMs: 5000, nodeRssBytes: 400 * 1024 * 1024, curveP95Growth: 1.1 } as const;
