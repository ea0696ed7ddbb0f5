import type { Clock } from '@lumo/kit';
import { DPOP_ALGS } from '@lumo/token-signing';
import { challenged, RequestRefused } from '../core/refusal.js';
import type { OrgPolicies } from '../credentials/org-policies.js';
import type { RouteRow } from '../route-table.js';
import { type Caller, REALM } from './admission.js';

/** Lets a caller pass, or says how the person has to sign in first (RFC 9470). @throws RequestRefused */
export type StepUp = (row: RouteRow, caller: Caller, authorization: string | undefined) => Promise<void>;

/** Where an administrator acts: a person whose sign-in is too old or too weak for what the org demands signs in again. */
const ADMIN = 'P/admin/';

export function createStepUp(policies: OrgPolicies, clock: Clock): StepUp {
  return async ({ path }, { org, principal }, authorization) => {
    if (!org || principal.type !== 'user' || !path.startsWith(ADMIN)) return;
    const { adminMaxAuthAgeSeconds: maxAge, adminAcrValues: acrValues } = await policies(org.id);
    const age = clock.now() / 1000 - (principal.authTimeSeconds ?? Number.NEGATIVE_INFINITY);
    const isOld = maxAge !== undefined && age > maxAge;
    const isWeak = acrValues.length > 0 && !acrValues.includes(principal.acr ?? '');
    if (!isOld && !isWeak) return;
    const isDpop = /^dpop /i.test(authorization ?? '');
    const message = isWeak
      ? 'This needs a stronger sign-in. Ask the person to sign in with one of acr_values.'
      : 'This needs a more recent sign-in. Ask the person to sign in again with max_age.';
    throw new RequestRefused(
      challenged(REALM, message, {
        scheme: isDpop ? 'DPoP' : 'Bearer',
        error: 'insufficient_user_authentication',
        parameters: {
          ...(maxAge !== undefined && { max_age: String(maxAge) }),
          ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
          ...(isDpop && { algs: DPOP_ALGS }),
        },
      }),
    );
  };
}
