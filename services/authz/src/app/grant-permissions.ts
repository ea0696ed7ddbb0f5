import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import type { Subject } from '../core/subject.js';
import type { AuthzDeps } from './authz-deps.js';
import { callerReach } from './caller-reach.js';
import { invalid, notFound } from './refusals.js';
import { requirePermissions, systemSlugs } from './role-permissions.js';

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

/** Gives a subject permissions beside its roles. An unknown one is a `validation_error` and changes nothing. */
export function grantPermissions({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { subject, permissions: slugs }: { readonly subject: Subject; readonly permissions: readonly string[] },
  ): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const held = new Set(await work.assignments.permissionIdsOf(subject));
      const added = (await requirePermissions(work, slugs)).filter(({ id }) => !held.has(id));
      if (added.length === 0) return;
      if (held.size + added.length > LIMITS.directPermissionsPerSubject)
        throw invalid({ permissions: `must be at most ${LIMITS.directPermissionsPerSubject} for one subject.` });
      requireReach({ permissions: systemSlugs(added), everything: false });
      const add = added.map(({ id }) => id);
      await work.assignments.grant(subject, add);
      work.record({ op: 'subject-permissions', subject, add, remove: [] });
      work.announce({
        name: 'user.permission.granted',
        target: { ...subject },
        data: { permissions: added.map(({ slug }) => slug) },
      });
    });
  };
}

/** Takes one directly granted permission (id or slug) from a subject; not found where it has none such. */
export function revokePermission({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { subject, permission: reference }: { readonly subject: Subject; readonly permission: string },
  ): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const permission = await work.permissions.byReference(reference);
      if (!permission || !(await work.assignments.permissionIdsOf(subject)).includes(permission.id))
        throw notFound('Permission of this subject');
      requireReach({ permissions: systemSlugs([permission]), everything: false });
      await work.assignments.revoke(subject, [permission.id]);
      work.record({ op: 'subject-permissions', subject, add: [], remove: [permission.id] });
      work.announce({
        name: 'user.permission.revoked',
        target: { ...subject },
        data: { permissions: [permission.slug] },
      });
    });
  };
}
