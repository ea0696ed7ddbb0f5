import type { Clock } from '@lumo/kit';
import { DomainError } from '@lumo/kit';
import type { Org, RequestContext } from '@lumo/tenancy';
import type { PolicySource } from '../policy-ports.js';
import type { Changes, OpenTransaction, Stores } from '../ports.js';
import type { OrgPolicies } from './decision/org-policies.js';
import type { RecentQuestions } from './decision/recent-questions.js';
import type { DecisionLog } from './decision-log.js';
import type { OrgGraphs } from './org-graphs.js';
import type { RelationParts } from './relations/relation-parts.js';
import type { Remains } from './relations/remains.js';

/** Everything that the operations are made of. */
export interface AuthzDeps {
  readonly clock: Clock;
  readonly stores: Stores;
  /** The stores over a transaction that somebody else commits. */
  readonly storesIn: (tx: OpenTransaction) => Stores;
  readonly changes: Changes;
  readonly graphs: OrgGraphs;
  readonly relations: RelationParts;
  readonly remains: Remains;
  readonly policies: OrgPolicies;
  readonly policySource: PolicySource;
  /** What was asked lately, for dry runs. */
  readonly questions: RecentQuestions;
  /** Public base URL without a trailing slash. */
  readonly baseUrl: string;
  readonly decisions: DecisionLog;
  /** Resolves after this many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/** The org that an operation is about; without one nothing here has an answer. */
export function orgOf({ org }: RequestContext): Org {
  if (!org) throw new DomainError('not_found', 'tenant_not_found', 'This request names no organization.');
  return org;
}
