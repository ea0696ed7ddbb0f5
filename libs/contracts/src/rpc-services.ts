import { AgentsService } from './gen/lumo/agents/v1/agents_pb.js';
import { AuthnService } from './gen/lumo/authn/v1/authn_pb.js';
import { AuthzService } from './gen/lumo/authz/v1/authz_pb.js';
import type { ServiceName } from './topology.js';

/** Which service answers which internal protocol. Together with `CALLS` it decides what a caller may name. */
export const RPC_SERVICES = {
  authn: AuthnService,
  authz: AuthzService,
  agents: AgentsService,
} as const satisfies Partial<Record<ServiceName, { readonly typeName: string }>>;
