import type { SubjectType } from '../subject.js';

/** A permission as a decision and its explanation need it. */
export interface PermissionFacts {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
}

export interface RoleFacts {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Carries every permission of the organization, also those that come later. */
  readonly everything: boolean;
}

/** What one subject holds: ids of roles and of permissions granted directly. */
export interface Holding {
  readonly roleIds: readonly string[];
  readonly permissionIds: readonly number[];
}

export interface SubjectHolding extends Holding {
  readonly type: SubjectType;
  readonly id: string;
}

/** One consistent reading of an organization's roles and permissions. */
export interface GraphRows {
  readonly revision: number;
  readonly permissions: readonly PermissionFacts[];
  readonly roles: readonly (RoleFacts & { readonly permissionIds: readonly number[] })[];
  /** Absent where there are more subjects than one graph keeps: then they are loaded as they are asked about. */
  readonly subjects?: readonly SubjectHolding[];
}
