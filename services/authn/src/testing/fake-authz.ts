import { authzV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { implement, type RpcImplementation } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';

const ADMIN_AREAS = ['users', 'roles', 'groups', 'clients', 'agents', 'audit', 'keys', 'settings'];

/** Roles and what they carry, as an org starts with them. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  admin: ADMIN_AREAS.map((area) => `admin:${area}`),
  user_manager: ['admin:users'],
  app_manager: ['admin:clients'],
  viewer: ['documents.read'],
};

/** authz in memory, for tests of authn alone: who has which role, by org. Counts the calls it gets. */
export interface FakeAuthz {
  readonly implementation: RpcImplementation;
  readonly calls: string[];
  /** The next call of this name fails so. */
  failNext(call: string, error: Error): void;
  rolesOf(orgId: string, userId: string): readonly string[];
  readonly provisioned: ReadonlySet<string>;
}

export function fakeAuthz(): FakeAuthz {
  const held = new Map<string, Set<string>>();
  const direct = new Map<string, Set<string>>();
  const provisioned = new Set<string>();
  const failures = new Map<string, Error>();
  const calls: string[] = [];
  const key = (id: string | undefined) => `${requireOrg().id} ${id}`;
  const of = (map: Map<string, Set<string>>, id: string | undefined) => {
    const found = map.get(key(id)) ?? new Set<string>();
    map.set(key(id), found);
    return found;
  };
  const begin = (call: string) => {
    calls.push(call);
    const failure = failures.get(call);
    failures.delete(call);
    if (failure) throw failure;
  };
  const toRole = (slug: string) => ({ id: `rol_${slug}`, slug, name: slug, isAdmin: slug === 'admin' });
  const slugOf = (reference: string) => {
    const slug = reference.replace(/^rol_/, '');
    if (!ROLES[slug]) throw new DomainError('not_found', 'resource_not_found', `There is no role ${slug}.`);
    return slug;
  };
  const permissionsOf = (id: string | undefined) =>
    new Set([...of(direct, id), ...[...of(held, id)].flatMap((slug) => ROLES[slug] ?? [])]);
  const toPermission = (slug: string, source: string) => ({
    id: slug.length,
    slug,
    name: slug,
    description: '',
    source,
  });

  const implementation = implement(authzV1.AuthzService, {
    async check({ subject, permissions }) {
      begin('check');
      const has = permissionsOf(subject?.id);
      return { results: Object.fromEntries(permissions.map((slug) => [slug, has.has(slug)])) };
    },
    async listPermissions({ subject }) {
      begin('listPermissions');
      const own = of(direct, subject?.id);
      return {
        permissions: [...permissionsOf(subject?.id)].map((slug) =>
          toPermission(slug, own.has(slug) ? 'direct' : 'role:x'),
        ),
      };
    },
    async listRoles({ subjects }) {
      begin('listRoles');
      return { subjects: subjects.map((subject) => ({ subject, roles: [...of(held, subject.id)].map(toRole) })) };
    },
    async assignRoles({ subject, roleSlugs, replace }) {
      begin('assignRoles');
      const unknown = roleSlugs.filter((slug) => !ROLES[slug]);
      if (unknown.length > 0) {
        throw new DomainError('invalid', 'validation_error', `roles names unknown roles: ${unknown}`, {
          details: { roles: `names unknown roles: ${unknown}` },
        });
      }
      const roles = of(held, subject?.id);
      if (replace) roles.clear();
      for (const slug of roleSlugs) roles.add(slug);
      return { roles: [...roles].map(toRole) };
    },
    async unassignRole({ subject, role }) {
      begin('unassignRole');
      of(held, subject?.id).delete(slugOf(role));
      return {};
    },
    async grantPermissions({ subject, permissions }) {
      begin('grantPermissions');
      for (const slug of permissions) of(direct, subject?.id).add(slug);
      return { permissions: [...of(direct, subject?.id)].map((slug) => toPermission(slug, 'direct')) };
    },
    async revokePermission({ subject, permission }) {
      begin('revokePermission');
      if (!of(direct, subject?.id).delete(permission))
        throw new DomainError('not_found', 'resource_not_found', 'Not granted.');
      return {};
    },
    async listMembers({ role }) {
      begin('listMembers');
      const slug = slugOf(role);
      const prefix = `${requireOrg().id} `;
      const members = [...held].filter(([member, roles]) => member.startsWith(prefix) && roles.has(slug));
      return { subjectIds: members.map(([member]) => member.slice(prefix.length)), truncated: false };
    },
    async provisionOrg() {
      begin('provisionOrg');
      provisioned.add(requireOrg().id);
      return {};
    },
  });
  return {
    implementation,
    calls,
    failNext: (call, error) => void failures.set(call, error),
    rolesOf: (orgId, userId) => [...(held.get(`${orgId} ${userId}`) ?? [])],
    provisioned,
  };
}
