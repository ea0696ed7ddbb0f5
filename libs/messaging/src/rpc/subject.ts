import type { DescMethod, DescService } from '@bufbuild/protobuf';

/** Where calls of a service arrive, e.g. `lumo.rpc.lumo.authz.v1.AuthzService`. Proto names are NATS-safe as they are. */
export function serviceSubject(prefix: string, service: DescService): string {
  return `${prefix}.rpc.${service.typeName}`;
}

/** Where one method is called, e.g. `lumo.rpc.lumo.authz.v1.AuthzService.Check`. */
export function methodSubject(prefix: string, method: DescMethod): string {
  return `${serviceSubject(prefix, method.parent)}.${method.name}`;
}
