export type { ServiceDefinition } from './define-service.js';
export { Handles } from './http/handles.js';
export {
  type Access,
  type AdminScope,
  anyPrincipal,
  clientAuth,
  type Input,
  type InputOf,
  instanceOperator,
  type Method,
  publicRoute,
  type Route,
  requires,
  route,
} from './http/route.js';
export type { Platform } from './platform.js';

/** Injection token of a service's app: `constructor(@Inject(APP) private readonly app: AuthzApp)`. */
export const APP = Symbol('lumo:app');
