import type { Clock } from '@lumo/kit';
import type { Identity, OrgPolicy } from '../ports.js';
import { createRecentAnswers } from './recent-answers.js';

/** What orgs demand of requests, at most two seconds old. Rejects where the identity service does not answer. */
export type OrgPolicies = (orgId: string) => Promise<OrgPolicy>;

const TTL_MS = 2_000;
const MAX_ORGS = 5_000;

export function createOrgPolicies(identity: Pick<Identity, 'policy'>, clock: Clock): OrgPolicies {
  const recent = createRecentAnswers<OrgPolicy>(clock, { ttlMs: TTL_MS, max: MAX_ORGS });
  return (orgId) => recent(orgId, () => identity.policy(orgId));
}
