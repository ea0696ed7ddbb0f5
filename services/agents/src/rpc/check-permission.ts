import { authzV1 } from '@lumo/contracts';
import type { Rpc } from '@lumo/messaging';
import type { CheckPermission } from '../ports.js';

/** Asks authz, which answers from the permissions the user has at this moment. */
export function createCheckPermission(rpc: Rpc): CheckPermission {
  const authz = rpc.client(authzV1.AuthzService);
  return async (userId, permission, context) => {
    const { results } = await authz.check({
      subject: { type: authzV1.SubjectType.USER, id: userId },
      permissions: [permission],
      contextJson: context ? JSON.stringify(context) : '',
    });
    return results[permission] === true;
  };
}
