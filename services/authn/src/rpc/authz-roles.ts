import { authzV1 } from '@lumo/contracts';
import type { RpcClient } from '@lumo/messaging';
import type { Roles, UserPermission, UserRole } from '../ports.js';

/** Roles of people, asked of authz. */
export function createRoles(authz: RpcClient<typeof authzV1.AuthzService>): Roles {
  const user = (id: string) => ({ type: authzV1.SubjectType.USER, id });
  return {
    async ofUsers(userIds) {
      const rolesOf = new Map<string, readonly UserRole[]>(userIds.map((id) => [id, []]));
      if (userIds.length === 0) return rolesOf;
      const { subjects } = await authz.listRoles({ subjects: userIds.map(user) });
      for (const { subject, roles } of subjects) if (subject) rolesOf.set(subject.id, roles.map(toRole));
      return rolesOf;
    },
    async assign(userId, slugs, mode) {
      const { roles } = await authz.assignRoles({
        subject: user(userId),
        roleSlugs: [...slugs],
        replace: mode === 'replace',
      });
      return roles.map(toRole);
    },
    async unassign(userId, role) {
      await authz.unassignRole({ subject: user(userId), role });
    },
    async permissionsOf(userId) {
      const { permissions } = await authz.listPermissions({ subject: user(userId) });
      return new Set(permissions.map(({ slug }) => slug));
    },
    async membersOf(role) {
      const { subjectIds, truncated } = await authz.listMembers({ role, type: authzV1.SubjectType.USER });
      return { userIds: subjectIds, truncated };
    },
    async directPermissions(userId) {
      const { permissions } = await authz.listPermissions({ subject: user(userId) });
      return permissions.filter(({ source }) => source === 'direct').map(toPermission);
    },
    async grantPermissions(userId, slugs) {
      const { permissions } = await authz.grantPermissions({ subject: user(userId), permissions: [...slugs] });
      return permissions.map(toPermission);
    },
    async revokePermission(userId, permission) {
      await authz.revokePermission({ subject: user(userId), permission });
    },
    async provisionOrg() {
      await authz.provisionOrg({});
    },
  };
}

function toRole({ id, slug, name, isAdmin }: authzV1.Role): UserRole {
  return { id, slug, name, isAdmin };
}

function toPermission({ id, slug, name, description }: authzV1.EffectivePermission): UserPermission {
  return { id, slug, name, description };
}
