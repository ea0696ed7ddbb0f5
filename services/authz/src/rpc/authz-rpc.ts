import { authzV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { implement, type RpcImplementation } from '@lumo/messaging';
import { requireContext } from '@lumo/tenancy';
import type { AuthzApp } from '../app.js';
import type { EffectivePermission } from '../core/rbac/effective-permissions.js';
import { toSubject, toSubjectType } from './subject-message.js';

/** Subjects and permissions that one call may name. */
const MAX_ITEMS = 1_000;

/** What other services ask the authorization engine (proto/lumo/authz/v1). */
export function authzRpc(app: AuthzApp): RpcImplementation {
  return implement(authzV1.AuthzService, {
    async check({ subject, permissions }) {
      bounded(permissions);
      const results = await app.decideForSubject(requireContext(), { subject: toSubject(subject), permissions });
      return { results: Object.fromEntries(results) };
    },

    async listPermissions({ subject }) {
      const permissions = await app.readHeldPermissions(requireContext(), toSubject(subject));
      return { permissions: permissions.map(toMessage) };
    },

    async listRoles({ subjects }) {
      bounded(subjects);
      const roles = await app.readHeldRoles(requireContext(), subjects.map(toSubject));
      return { subjects: subjects.map((subject, i) => ({ subject, roles: [...(roles[i] ?? [])] })) };
    },

    async assignRoles({ subject: message, roleSlugs, replace }) {
      bounded(roleSlugs);
      const subject = toSubject(message);
      await app.assignRoles(requireContext(), { subject, slugs: roleSlugs, mode: replace ? 'replace' : 'add' });
      const [roles = []] = await app.readHeldRoles(requireContext(), [subject]);
      return { roles: [...roles] };
    },

    async unassignRole({ subject, role }) {
      await app.unassignRole(requireContext(), { subject: toSubject(subject), role });
      return {};
    },

    async grantPermissions({ subject: message, permissions }) {
      bounded(permissions);
      const subject = toSubject(message);
      await app.grantPermissions(requireContext(), { subject, permissions });
      const held = await app.readHeldPermissions(requireContext(), subject);
      return { permissions: held.filter(({ source }) => source === 'direct').map(toMessage) };
    },

    async revokePermission({ subject, permission }) {
      await app.revokePermission(requireContext(), { subject: toSubject(subject), permission });
      return {};
    },

    async listMembers({ role, type, limit }) {
      const query = { role, type: toSubjectType(type), limit };
      const { ids, truncated } = await app.listMemberIds(requireContext(), query);
      return { subjectIds: [...ids], truncated };
    },

    async provisionOrg() {
      await app.provisionOrg(requireContext());
      return {};
    },
  });
}

function toMessage({ id, slug, name, description, source }: EffectivePermission) {
  return { id: id ?? 0, slug, name, description: description ?? '', source };
}

function bounded(items: readonly unknown[]): void {
  if (items.length > MAX_ITEMS)
    throw new DomainError('invalid', 'invalid_request', `At most ${MAX_ITEMS} items in one call.`);
}
