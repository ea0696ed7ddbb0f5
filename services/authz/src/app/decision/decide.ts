import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { PolicyDecision } from '../../core/abac/policy-set.js';
import {
  type Combination,
  type CombinedOutcome,
  combine,
  type DecisionEngine,
  type EngineOutcome,
  isDecided,
} from '../../core/decision/combination.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { Freshness } from '../org-graphs.js';
import type { Consistency } from '../relations/consistency.js';
import { refused } from '../relations/consistency-tokens.js';
import { evaluatePolicies, type PolicyAnswer, type PolicyInquiry } from './evaluate-policies.js';
import { askRelations, type RelationVerdict } from './relation-part.js';
import { askRoles, type RoleVerdict } from './role-part.js';

/** One question to all engines. */
export interface Inquiry extends PolicyInquiry {
  /** With what decided, in each engine. */
  readonly explain?: boolean;
}

/** What one engine says, in words for people and programs. */
export type EnginePart = {
  readonly outcome: EngineOutcome;
  /** A stable word, as `permission_missing`. */
  readonly code: string;
} & (
  | { readonly engine: 'rbac'; readonly roles?: RoleVerdict }
  | { readonly engine: 'abac'; readonly policies?: PolicyDecision }
  | { readonly engine: 'rebac'; readonly relations: RelationVerdict }
);

export interface Decision {
  readonly outcome: CombinedOutcome;
  readonly combination: Combination;
  readonly parts: readonly EnginePart[];
  /** What the policies saw. */
  readonly answer: PolicyAnswer;
}

export interface Decisions {
  /** In the order of the inquiries. */
  readonly decisions: readonly Decision[];
  /** The answers rest on everything that was committed up to here. */
  readonly revision: number;
  readonly token: string;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'clock' | 'relations'>;

/** Decides by every engine that takes part, and combines what they say as the organization wants it. */
export async function decideAll(
  deps: Deps,
  ctx: RequestContext,
  inquiries: readonly Inquiry[],
  consistency?: Consistency,
): Promise<Decisions> {
  const org = orgOf(ctx);
  const freshness = freshnessOf(consistency);
  const { answers, current } = await evaluatePolicies(deps, ctx, inquiries, { freshness });
  await requireAsFresh(deps, ctx, consistency, current.revision);
  const { combination, engines } = current.settings;
  const parts: EnginePart[][] = inquiries.map((_, i) => (answers[i]?.isCovered === false ? [NOT_DELEGATED] : []));
  let { revision } = current;
  for (const engine of engines) {
    const open = inquiries.flatMap((inquiry, i) =>
      answers[i]?.isCovered === false || isDecided(combination, parts[i] ?? []) ? [] : [{ inquiry, i }],
    );
    if (open.length === 0) break;
    const asked = open.map(({ inquiry }) => inquiry);
    const found = await askEngine(deps, ctx, engine, {
      asked,
      answers: open.map(({ i }) => answers[i]),
      freshness,
      consistency,
    });
    open.forEach(({ i }, place) => {
      const part = found.parts[place];
      if (part) parts[i]?.push(part);
    });
    revision = Math.min(revision, found.revision ?? revision);
  }
  return {
    decisions: inquiries.map((_, i) => {
      const answer = answers[i];
      if (!answer) throw new Error('every inquiry has an answer');
      const verdicts = parts[i] ?? [];
      return { outcome: combine(combination, verdicts), combination, parts: verdicts, answer };
    }),
    revision,
    token: await deps.relations.graphs.tokenAt(org, revision),
  };
}

const NOT_DELEGATED: EnginePart = { engine: 'rbac', outcome: 'forbid', code: 'not_delegated' };

interface EngineAnswer {
  readonly parts: readonly EnginePart[];
  /** Where the engine's data stood, where that is known. */
  readonly revision?: number;
}

async function askEngine(
  deps: Deps,
  ctx: RequestContext,
  engine: DecisionEngine,
  question: {
    readonly asked: readonly Inquiry[];
    readonly answers: readonly (PolicyAnswer | undefined)[];
    readonly freshness: Freshness;
    readonly consistency: Consistency | undefined;
  },
): Promise<EngineAnswer> {
  const { asked, answers, freshness, consistency } = question;
  switch (engine) {
    case 'abac':
      return { parts: answers.map((answer) => policyPart(answer?.decision)) };
    case 'rbac': {
      const verdicts = await askRoles(deps, ctx, asked, freshness);
      return { parts: verdicts.map((roles) => ({ engine, outcome: roles.outcome, code: roles.code, roles })) };
    }
    case 'rebac': {
      const { verdicts, revision } = await askRelations(deps, ctx, asked, consistency);
      return {
        parts: verdicts.map((relations) => ({ engine, outcome: relations.outcome, code: relations.code, relations })),
        ...(revision !== undefined && { revision }),
      };
    }
  }
}

/**
 * What policies say to the other engines. Where only prohibitions are about the question and none holds, they say nothing:
 * a set of prohibitions is no list of what is allowed.
 */
function policyPart(decision: PolicyDecision | undefined): EnginePart {
  const part = (outcome: EngineOutcome, code: string): EnginePart => ({
    engine: 'abac',
    outcome,
    code,
    ...(decision && { policies: decision }),
  });
  switch (decision?.outcome) {
    case 'deny':
      return part('forbid', 'policy_denies');
    case 'error':
      return part('error', 'policy_error');
    case 'allow':
      return part('allow', 'policy_allows');
    default:
      if ((decision?.considered.allow ?? 0) > 0) return part('deny', 'no_policy_allows');
      return part('not_applicable', (decision?.considered.deny ?? 0) > 0 ? 'no_policy_denies' : 'no_policy_targets');
  }
}

/** A token that is newer than what is known here makes everything be read again: that is cheap and always enough. */
function freshnessOf(consistency: Consistency | undefined): Freshness {
  if (typeof consistency === 'object' && 'at_exact_snapshot' in consistency) {
    throw new DomainError(
      'invalid',
      'validation_error',
      'consistency at_exact_snapshot is for relations alone: roles and policies keep no past. Ask with at_least_as_fresh.',
      { details: { consistency: 'at_exact_snapshot is not possible here.' } },
    );
  }
  return consistency === undefined || consistency === 'minimize_latency' ? 'recent' : 'now';
}

async function requireAsFresh(
  { relations }: Deps,
  ctx: RequestContext,
  consistency: Consistency | undefined,
  revision: number,
): Promise<void> {
  if (typeof consistency !== 'object' || !('at_least_as_fresh' in consistency)) return;
  const needed = await relations.graphs.revisionOf(orgOf(ctx), consistency.at_least_as_fresh);
  if (needed > revision) throw refused('unknown_revision', 'This consistency token is newer than the database.');
}
