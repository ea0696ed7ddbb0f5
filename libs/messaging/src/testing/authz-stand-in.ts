import { authzV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { implement, type RpcHandlers, type RpcImplementation } from '../rpc/rpc.js';

export type AuthzHandlers = RpcHandlers<typeof authzV1.AuthzService>;

/** An implementation of the authorization service where only these handlers do something. */
export function authzStandIn(handlers: Partial<AuthzHandlers>): RpcImplementation {
  const refusing = Object.fromEntries(authzV1.AuthzService.methods.map(({ localName }) => [localName, refuse]));
  return implement(authzV1.AuthzService, { ...refusing, ...handlers } as AuthzHandlers);
}

async function refuse(): Promise<never> {
  throw new DomainError('not_found', 'not_in_this_test', 'Not in this test.');
}
