import {
  checkRotationPolicy,
  DEFAULT_ROTATION_POLICY,
  type RotationPolicy,
  SIGNING_ALGORITHMS,
} from '@lumo/token-signing';
import { LONGEST_ACCESS_TOKEN_SECONDS } from './lifetimes.js';
import type { SecuritySettings } from './org-settings.js';

const DAY_SECONDS = 86_400;

/** How the keys of an org follow each other: one algorithm from the beginning, the others when a client asks for one. */
export function rotationPolicyOf(
  settings: Pick<SecuritySettings, 'signingAlgorithm' | 'signingKeyRotationDays'>,
): RotationPolicy {
  const { signingAlgorithm, signingKeyRotationDays } = settings;
  return checkRotationPolicy(
    {
      ...DEFAULT_ROTATION_POLICY,
      algs: [signingAlgorithm],
      onDemand: SIGNING_ALGORITHMS.filter((alg) => alg !== signingAlgorithm),
      rotateSeconds: signingKeyRotationDays * DAY_SECONDS,
    },
    LONGEST_ACCESS_TOKEN_SECONDS,
  );
}
