import type { Operation } from '../load/drive.js';
import type { World } from '../world/world.js';

/** Something that clients do over and over. */
export interface Scenario {
  /** What `--only` names. */
  readonly name: string;
  /** What one operation is. */
  readonly title: string;
  /** Operations per second and core used by the server that the project aims at. */
  readonly aim?: number;
  /** Simulated users side by side. */
  readonly users: number;
  /** Makes what the users need; resolves with the operation of each. */
  prepare(world: World): Promise<readonly Operation[]>;
}

/** Enough requests in flight to keep a core busy, few enough that waiting in line does not hide what an answer takes. */
export const USERS = 16;

/** The same operation for every user. */
export function everybody(operation: Operation, users = USERS): readonly Operation[] {
  return Array.from({ length: users }, () => operation);
}
