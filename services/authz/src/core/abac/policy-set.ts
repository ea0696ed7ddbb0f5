import type { DeclaredAttribute } from './attribute-definition.js';
import type { AttributeRoot } from './attribute-path.js';
import { isFault } from './compare.js';
import { type AttributeScopes, compileCondition, type Evaluate } from './compile-condition.js';
import { ANY, type Policy } from './policy.js';
import { readAttributes } from './read-attributes.js';

/** What is asked of the policies. */
export interface PolicyQuestion {
  readonly resourceType: string;
  readonly action: string;
  readonly scopes: AttributeScopes;
}

/** A policy that is about the question and could not be evaluated. */
export interface BrokenPolicy {
  readonly policy: Policy;
  /** Names attributes and kinds of values, never a value. */
  readonly fault: string;
}

/**
 * `deny`: a deny policy holds. `error`: none does, and a policy about the question could not be evaluated. `allow`: an
 * allow policy holds and everything could be evaluated. `none`: no policy holds; nothing is allowed then.
 */
export type PolicyOutcome = 'deny' | 'error' | 'allow' | 'none';

export interface PolicyDecision {
  readonly outcome: PolicyOutcome;
  /** The policies that hold, higher priority first; at the same priority a denial first. */
  readonly holding: readonly Policy[];
  readonly broken: readonly BrokenPolicy[];
  /** Policies that are about the question, whether they hold or not. */
  readonly considered: { readonly allow: number; readonly deny: number };
}

/** Attributes that conditions read, by root: what nobody reads need not be loaded. */
export type ReadAttributes = Readonly<Record<AttributeRoot, ReadonlySet<string>>>;

interface CompiledPolicy {
  readonly policy: Policy;
  readonly holds: Evaluate;
}

/** The policies of one resource type and action. */
interface Target {
  readonly policies: CompiledPolicy[];
  /** Made when it is first needed. */
  read?: ReadAttributes;
}

/** The active policies of one organization, compiled once and asked many times. */
export class PolicySet {
  readonly #targets = new Map<string, Target>();
  readonly #declared = new Map<string, DeclaredAttribute>();
  readonly size: number;
  /** Characters of the policies as JSON: what compiling them keeps is in proportion. */
  readonly weight: number;

  constructor(policies: readonly Policy[], definitions: readonly DeclaredAttribute[]) {
    for (const definition of definitions)
      this.#declared.set(`${definition.attributeType}.${definition.slug}`, definition);
    const find = (root: AttributeRoot, slug: string) => this.#declared.get(`${root}.${slug}`);
    this.size = policies.length;
    this.weight = JSON.stringify(policies).length + JSON.stringify(definitions).length;
    for (const policy of policies.toSorted(inOrder)) {
      const key = target(policy.resourceType, policy.action);
      const compiled = { policy, holds: compileCondition(policy.conditions, find) };
      const same = this.#targets.get(key);
      if (same) same.policies.push(compiled);
      else this.#targets.set(key, { policies: [compiled] });
    }
  }

  /** Which attributes an answer to such a question could depend on. */
  attributesRead(resourceType: string, action: string): ReadAttributes {
    const reads = this.#about(resourceType, action).map((found) => {
      found.read ??= readAttributes(found.policies.map(({ policy }) => policy.conditions));
      return found.read;
    });
    return reads.length === 1 && reads[0] ? reads[0] : union(reads);
  }

  /** Whether any policy is about the question. */
  isAbout(resourceType: string, action: string): boolean {
    return this.#about(resourceType, action).length > 0;
  }

  /** Actions that policies name for a resource type, the wildcard apart. */
  actionsOf(resourceType: string): readonly string[] {
    const actions = new Set<string>();
    for (const { policies } of this.#targets.values())
      for (const { policy } of policies)
        if (policy.action !== ANY && (policy.resourceType === resourceType || policy.resourceType === ANY))
          actions.add(policy.action);
    return [...actions];
  }

  /**
   * Deny overrides, and an error overrides an allow: explicit deny, then error, then allow, then the default, which is
   * denial (authz-engine.md section 6, cases 34 and 35). So a denial that cannot be evaluated never becomes an allow.
   */
  decide({ resourceType, action, scopes }: PolicyQuestion): PolicyDecision {
    const meter = { work: 0 };
    const holding: Policy[] = [];
    const broken: BrokenPolicy[] = [];
    const considered = { allow: 0, deny: 0 };
    for (const { policies } of this.#about(resourceType, action))
      for (const { policy, holds } of policies) {
        considered[policy.effect]++;
        const truth = holds(scopes, meter);
        if (isFault(truth)) broken.push({ policy, fault: truth.fault });
        else if (truth) holding.push(policy);
      }
    holding.sort(inOrder);
    return { outcome: combine(holding, broken), holding, broken, considered };
  }

  #about(resourceType: string, action: string): readonly Target[] {
    const found: Target[] = [];
    for (const type of resourceType === ANY ? [ANY] : [resourceType, ANY])
      for (const name of action === ANY ? [ANY] : [action, ANY]) {
        const same = this.#targets.get(target(type, name));
        if (same) found.push(same);
      }
    return found;
  }
}

function union(reads: readonly ReadAttributes[]): ReadAttributes {
  const of = (root: AttributeRoot) => new Set(reads.flatMap((read) => [...read[root]]));
  return { user: of('user'), resource: of('resource'), environment: of('environment'), action: of('action') };
}

function combine(holding: readonly Policy[], broken: readonly BrokenPolicy[]): PolicyOutcome {
  if (holding.some(({ effect }) => effect === 'deny')) return 'deny';
  if (broken.length > 0) return 'error';
  return holding.length > 0 ? 'allow' : 'none';
}

/** Types and actions are free text: the separator is a character that neither can have. */
function target(resourceType: string, action: string): string {
  return `${resourceType}\0${action}`;
}

function inOrder(a: Policy, b: Policy): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.effect !== b.effect) return a.effect === 'deny' ? -1 : 1;
  return a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0;
}
