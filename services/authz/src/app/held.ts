import type { RequestContext } from '@lumo/tenancy';
import { type EffectivePermission, listPermissions } from '../core/rbac/effective-permissions.js';
import { type HeldRole, listRoles } from '../core/rbac/held-roles.js';
import { askAboutSubject } from '../core/rbac/question.js';
import type { Subject } from '../core/subject.js';
import { type AuthzDeps, orgOf } from './authz-deps.js';

type Deps = Pick<AuthzDeps, 'graphs'>;

/** The roles of each subject, in the order asked; what any process committed before is known. */
export function readHeldRoles({ graphs }: Deps) {
  return async (ctx: RequestContext, subjects: readonly Subject[]): Promise<readonly (readonly HeldRole[])[]> =>
    graphs.ask(
      orgOf(ctx),
      subjects,
      (graph) => {
        const answers: (readonly HeldRole[])[] = [];
        for (const subject of subjects) {
          const roles = listRoles(graph, subject);
          if (roles === 'unknown') return 'unknown';
          answers.push(roles);
        }
        return answers;
      },
      'now',
    );
}

/** The permissions of a subject; what any process committed before is known. */
export function readHeldPermissions({ graphs }: Deps) {
  return async (ctx: RequestContext, subject: Subject): Promise<readonly EffectivePermission[]> =>
    graphs.ask(orgOf(ctx), [subject], (graph) => listPermissions(graph, askAboutSubject(subject)), 'now');
}
