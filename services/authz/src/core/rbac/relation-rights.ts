import { isSubjectType } from '../subject.js';
import { askAboutCaller, type Caller, type Decision, decide, mayAskAboutOthers } from './question.js';
import type { RbacGraph } from './rbac-graph.js';

/**
 * What a caller needs for relations. `ask`: questions about others, and why an answer is what it is. `read`: the tuples and
 * models themselves. `write`: tuples. `manage`: models and stores. Asking about oneself needs none of them.
 */
export type RelationRight = 'ask' | 'read' | 'write' | 'manage';

/** The permission behind each right; asking has that of every other engine (contract 1.4). */
const PERMISSIONS = {
  read: 'relations.read',
  write: 'relations.write',
  manage: 'relations.models.manage',
} as const satisfies Record<Exclude<RelationRight, 'ask'>, string>;

const GENERAL: readonly string[] = ['admin', 'admin:write', 'admin.write', 'admin:roles'];
const SCOPES: Readonly<Record<keyof typeof PERMISSIONS, readonly string[]>> = {
  read: [...GENERAL, 'admin:read', 'admin.read', 'relations.read', 'relations:read'],
  write: [...GENERAL, 'relations.write', 'relations:write'],
  manage: [...GENERAL, 'relations.models.manage', 'relations:models.manage'],
};

/** Decided from the credential alone; 'depends' where the roles of the caller decide. */
export function scopeGrantsRelations(caller: Caller, right: RelationRight): boolean | 'depends' {
  if (!isSubjectType(caller.type) && caller.type !== 'api_key') return false;
  if (right === 'ask') {
    return scopeGrantsRelations(caller, 'read') === true || caller.scopes.includes('authz:check') || askGraph(caller);
  }
  const inScope = caller.scopes.some((scope) => SCOPES[right].includes(scope));
  // A person's token says what the app may ask for; what the person may do is decided now.
  if (caller.type === 'user') return inScope ? 'depends' : false;
  return inScope || askGraph(caller);
}

/** What roles and permissions say, where the credential leaves it open. */
export function mayUseRelations(graph: RbacGraph, caller: Caller, right: RelationRight): Decision {
  if (right === 'ask') {
    const oracle = mayAskAboutOthers(graph, caller);
    if (oracle !== false || scopeGrantsRelations(caller, 'read') === false) return oracle;
    return mayUseRelations(graph, caller, 'read');
  }
  const own = askAboutCaller(caller);
  if (!own.ok) return false;
  // The scope was judged already, in the spellings that it may have.
  return decide(graph, { ...own.value, scopeIsNeeded: false }, PERMISSIONS[right]);
}

/** The permission that a refusal names. */
export function permissionFor(right: RelationRight): string {
  return right === 'ask' ? 'authz.check' : PERMISSIONS[right];
}

/** Whether a subject of a question is the caller itself: what it may do is no secret from it. */
export function isOwnSubject({ type, id, actors }: Caller, subject: string): boolean {
  // An agent that acts for somebody is not that somebody.
  return actors.length === 0 && subject === `${type}:${id}` && askAboutCaller({ type, id, actors, scopes: [] }).ok;
}

/** API keys have no roles, and a delegated token can do no more than its scopes say. */
function askGraph({ type, actors }: Caller): 'depends' | false {
  if (type === 'user') return 'depends';
  return type !== 'api_key' && actors.length === 0 ? 'depends' : false;
}
