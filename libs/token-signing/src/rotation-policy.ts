import { DomainError } from '@lumo/kit';
import type { SigningAlgorithm } from './algorithms.js';
import { JWKS_MAX_AGE_SECONDS } from './jwks.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** When the keys of an org change. All durations in seconds. */
export interface RotationPolicy {
  /** Each has its own succession of keys; the first is what the org signs with unless a client asks for another. */
  readonly algs: readonly [SigningAlgorithm, ...SigningAlgorithm[]];
  /** Algorithms that get a first key when somebody needs one, and a succession from then on. Absent: none. */
  readonly onDemand?: readonly SigningAlgorithm[];
  /** How long a key signs before its successor takes over. */
  readonly rotateSeconds: number;
  /** How long a key is published before it signs: longer than any verifier caches a JWKS. */
  readonly publishSeconds: number;
  /** How long a retired key stays published: at least the longest lifetime of a token. */
  readonly overlapSeconds: number;
}

/** 90 days of use, published a day ahead, kept for two days after. */
export const DEFAULT_ROTATION_POLICY: RotationPolicy = {
  algs: ['ES256'],
  rotateSeconds: 90 * DAY,
  publishSeconds: DAY,
  overlapSeconds: 2 * DAY,
};

/** How long a process may go on with the key set it read; `KeySets` refuses a longer cache. */
export const MAX_KEY_SET_CACHE_SECONDS = 300;

/**
 * Refuses a policy under which a verifier would meet a key it cannot know, or lose one it still needs.
 * `longestTokenSeconds`: the longest lifetime of anything signed with these keys.
 * @throws DomainError `invalid`/`invalid_rotation_policy`
 */
export function checkRotationPolicy(policy: RotationPolicy, longestTokenSeconds: number): RotationPolicy {
  const publishFloor = JWKS_MAX_AGE_SECONDS + MAX_KEY_SET_CACHE_SECONDS;
  const overlapFloor = longestTokenSeconds + MAX_KEY_SET_CACHE_SECONDS;
  const problem =
    policy.publishSeconds <= publishFloor
      ? `publishSeconds must be more than ${publishFloor}: verifiers may hold a JWKS for that long`
      : policy.overlapSeconds < overlapFloor
        ? `overlapSeconds must be at least ${overlapFloor}: tokens live for ${longestTokenSeconds} s`
        : policy.rotateSeconds <= policy.publishSeconds
          ? 'rotateSeconds must be more than publishSeconds'
          : new Set([...policy.algs, ...(policy.onDemand ?? [])]).size !==
              policy.algs.length + (policy.onDemand?.length ?? 0)
            ? 'algs must not repeat'
            : undefined;
  if (problem) throw new DomainError('invalid', 'invalid_rotation_policy', `${problem}.`);
  return policy;
}
