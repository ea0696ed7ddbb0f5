import type { SigningAlgorithm } from './algorithms.js';
import type { RotationPolicy } from './rotation-policy.js';
import type { SigningKey } from './signing-key.js';

/** One change of a key set. The steps of a plan are applied together or not at all. */
export type RotationStep =
  | { readonly step: 'create'; readonly alg: SigningAlgorithm; readonly state: 'next' | 'active' }
  | { readonly step: 'activate'; readonly kid: string; readonly activatedAt: Date }
  | { readonly step: 'retire'; readonly kid: string; readonly retiredAt: Date; readonly expiresAt: Date }
  | { readonly step: 'remove'; readonly kid: string };

/**
 * What has to change in an org's keys now: an empty list when nothing has.
 *
 * - Publish before use: a key signs only after it stood in the JWKS for `publishSeconds`. Exceptions: an org without
 *   any key, of which nobody holds an older JWKS; and an org that has keys but none that signs, which needs one now.
 * - A successor that stood for so long takes over, whether the schedule made it or an administrator.
 * - Overlap: a retired key stays published for `overlapSeconds`.
 * - An algorithm on demand has a succession once it has a key that is not retired.
 * - An algorithm that left the policy retires once another key signs; one that joined starts with a `next` key.
 */
export function planRotation(
  keys: readonly SigningKey[],
  policy: RotationPolicy,
  nowMs: number,
): readonly RotationStep[] {
  const now = new Date(nowMs);
  const retire = (key: SigningKey): RotationStep => ({
    step: 'retire',
    kid: key.kid,
    retiredAt: now,
    expiresAt: new Date(nowMs + policy.overlapSeconds * 1000),
  });
  const activate = (key: SigningKey): RotationStep => ({ step: 'activate', kid: key.kid, activatedAt: now });

  const steps: RotationStep[] = keys
    .filter((key) => key.state === 'retired' && key.expiresAt !== null && key.expiresAt.getTime() <= nowMs)
    .map((key) => ({ step: 'remove', kid: key.kid }));

  const isNewOrg = keys.length === 0;
  let signs = keys.some((key) => key.state === 'active');
  const inUse = (policy.onDemand ?? []).filter((alg) => keys.some((key) => key.alg === alg && key.state !== 'retired'));
  const algs = [...policy.algs, ...inUse];
  for (const alg of algs) {
    const [active, ...surplus] = newestFirst(keys, alg, 'active');
    const [next] = newestFirst(keys, alg, 'next').reverse();
    steps.push(...surplus.map(retire));

    const ripe = next !== undefined && ageSeconds(next.createdAt, nowMs) >= policy.publishSeconds;
    if (active === undefined) {
      if (next === undefined) steps.push({ step: 'create', alg, state: isNewOrg || !signs ? 'active' : 'next' });
      else if (ripe || !signs) steps.push(activate(next));
      signs = true;
      continue;
    }
    const age = ageSeconds(active.activatedAt ?? active.createdAt, nowMs);
    if (next === undefined) {
      if (age >= policy.rotateSeconds - policy.publishSeconds) steps.push({ step: 'create', alg, state: 'next' });
    } else if (ripe) {
      steps.push(activate(next), retire(active));
    }
  }

  const staysActive = (key: SigningKey) => algs.includes(key.alg);
  const replaced = keys.some((key) => key.state === 'active' && staysActive(key)) || steps.some(makesActive);
  for (const key of keys) {
    if (staysActive(key) || key.state === 'retired') continue;
    if (key.state === 'next') steps.push({ step: 'remove', kid: key.kid });
    else if (replaced) steps.push(retire(key));
  }
  return steps;
}

function makesActive(step: RotationStep): boolean {
  return step.step === 'activate' || (step.step === 'create' && step.state === 'active');
}

function newestFirst(keys: readonly SigningKey[], alg: SigningAlgorithm, state: SigningKey['state']): SigningKey[] {
  return keys
    .filter((key) => key.alg === alg && key.state === state)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
}

function ageSeconds(since: Date, nowMs: number): number {
  return (nowMs - since.getTime()) / 1000;
}
