import type { Subject } from '../subject.js';
import type { PermissionFacts, RoleFacts } from './graph-rows.js';

/**
 * One step between two revisions of a graph. Every step states facts, not differences from what the reader has: applying
 * it twice is the same as once, and what it names and the reader does not know is ignored.
 */
export type GraphOp =
  | { readonly op: 'permission'; readonly permission: PermissionFacts }
  | { readonly op: 'permission-gone'; readonly id: number }
  | { readonly op: 'role'; readonly role: RoleFacts }
  | { readonly op: 'role-gone'; readonly id: string }
  | {
      readonly op: 'role-permissions';
      readonly role: string;
      readonly add: readonly number[];
      readonly remove: readonly number[];
    }
  | {
      readonly op: 'subject-roles';
      readonly subject: Subject;
      readonly add: readonly string[];
      readonly remove: readonly string[];
    }
  | {
      readonly op: 'subject-permissions';
      readonly subject: Subject;
      readonly add: readonly number[];
      readonly remove: readonly number[];
    }
  | { readonly op: 'subject-gone'; readonly subject: Subject };

/** Everything one transaction changed. Revisions grow, not always by one: others belong to other engines. */
export interface GraphChange {
  readonly revision: number;
  readonly ops: readonly GraphOp[];
}
