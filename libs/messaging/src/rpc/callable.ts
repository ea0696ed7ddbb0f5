import { CALLS, RPC_SERVICES, type ServiceName } from '@lumo/contracts';

type Answers = typeof RPC_SERVICES;
type Callees<C extends ServiceName> = (typeof CALLS)[C][number];

/** The generated services that `Caller` may call by the topology. */
export type CallableService<Caller extends ServiceName> = Answers[Extract<Callees<Caller>, keyof Answers>];

const ANSWERED_BY: ReadonlyMap<string, ServiceName> = new Map(
  Object.entries(RPC_SERVICES).map(([name, service]) => [service.typeName, name as ServiceName]),
);

/** The service that answers a protocol, by the proto name `lumo.authz.v1.AuthzService`. */
export function serviceOf(typeName: string): ServiceName {
  const name = ANSWERED_BY.get(typeName);
  if (!name) throw new Error(`No service answers ${typeName}: name it in RPC_SERVICES of @lumo/contracts.`);
  return name;
}

/** Throws where the topology does not let `caller` call the protocol: a bug that a type error shows first. */
export function requireCallable(caller: ServiceName, typeName: string): void {
  const callee = serviceOf(typeName);
  const callees: readonly ServiceName[] = CALLS[caller];
  if (!callees.includes(callee)) {
    throw new Error(`The topology does not let ${caller} call ${callee} (${typeName}): see CALLS of @lumo/contracts.`);
  }
}
