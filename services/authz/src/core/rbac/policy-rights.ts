import { isSubjectType } from '../subject.js';
import { askAboutCaller, type Caller, type Decision, decide } from './question.js';
import type { RbacGraph } from './rbac-graph.js';

/**
 * What a caller needs for policies and attributes, beside asking about itself.
 * `explain`: to see which policies decided, and why. The others are the admin API.
 */
export type PolicyRight = 'explain' | 'policies.view' | 'policies.manage' | 'attributes.view' | 'attributes.manage';

const GENERAL: readonly string[] = ['admin', 'admin:write', 'admin.write', 'admin:roles'];
const READING: readonly string[] = [...GENERAL, 'admin:read', 'admin.read'];

interface Requirement {
  /** Any of them suffices. */
  readonly permissions: readonly [string, ...string[]];
  readonly scopes: readonly string[];
  /** A person may use it through any of its apps: it shows and changes nothing. */
  readonly withoutScope?: true;
}

const VIEW_POLICIES = ['policies.view', 'policies:view', 'policies.manage', 'policies:manage'];
const REQUIREMENTS: Readonly<Record<PolicyRight, Requirement>> = {
  explain: {
    permissions: ['policies.view', 'policies.manage'],
    scopes: [...READING, ...VIEW_POLICIES],
    withoutScope: true,
  },
  'policies.view': { permissions: ['policies.view', 'policies.manage'], scopes: [...READING, ...VIEW_POLICIES] },
  'policies.manage': { permissions: ['policies.manage'], scopes: [...GENERAL, 'policies.manage', 'policies:manage'] },
  'attributes.view': {
    permissions: ['attributes.view', 'attributes.manage'],
    scopes: [...READING, 'attributes.view', 'attributes:view', 'attributes.manage', 'attributes:manage'],
  },
  'attributes.manage': {
    permissions: ['attributes.manage'],
    scopes: [...GENERAL, 'attributes.manage', 'attributes:manage'],
  },
};

/** Decided from the credential alone; 'depends' where the roles of the caller decide. */
export function scopeGrantsPolicies(caller: Caller, right: PolicyRight): boolean | 'depends' {
  if (!isSubjectType(caller.type) && caller.type !== 'api_key') return false;
  const { scopes, withoutScope } = REQUIREMENTS[right];
  const inScope = caller.scopes.some((scope) => scopes.includes(scope));
  const isDelegated = caller.actors.length > 0;
  // A person's token says what the app may ask for; what the person may do is decided now.
  if (caller.type === 'user') return inScope || (withoutScope && !isDelegated) ? 'depends' : false;
  if (inScope) return true;
  return caller.type === 'api_key' || isDelegated ? false : 'depends';
}

/** What roles and permissions say, where the credential leaves it open. */
export function mayUsePolicies(graph: RbacGraph, caller: Caller, right: PolicyRight): Decision {
  const own = askAboutCaller(caller);
  if (!own.ok) return false;
  for (const permission of REQUIREMENTS[right].permissions) {
    // The scope was judged already, in the spellings that it may have.
    const held = decide(graph, { ...own.value, scopeIsNeeded: false }, permission);
    if (held !== false) return held;
  }
  return false;
}

/** The permission that a refusal names. */
export function permissionForPolicies(right: PolicyRight): string {
  return REQUIREMENTS[right].permissions[0];
}
