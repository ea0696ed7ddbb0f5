import type { ConditionGroup } from './condition.js';

export type Effect = 'allow' | 'deny';
export const EFFECTS = ['allow', 'deny'] as const satisfies readonly Effect[];

/** Stands for every resource type, or every action. */
export const ANY = '*';

/** A rule of an organization: what it is about, when it holds, and what follows. */
export interface Policy {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly resourceType: string;
  readonly action: string;
  readonly effect: Effect;
  /** 0 to 1000; higher ones are named first. It orders what is told and never changes what is decided. */
  readonly priority: number;
  readonly conditions: ConditionGroup;
}

export const POLICY_LIMITS = {
  perOrg: 1_000,
  /** Comparisons of all active policies of an organization, as `countComparisons` counts them. */
  leavesPerOrg: 10_000,
  definitionsPerOrg: 500,
  maxPriority: 1_000,
  defaultPriority: 100,
} as const;
