/** How large one organization's roles and permissions may grow, so that its graph stays small beside the others'. */
export const LIMITS = {
  permissionsPerOrg: 5_000,
  rolesPerOrg: 1_000,
  /** Pairs of role and permission, over all roles. */
  rolePermissionsPerOrg: 100_000,
  rolesPerSubject: 100,
  directPermissionsPerSubject: 500,
} as const;
