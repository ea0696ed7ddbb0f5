import 'reflect-metadata';
import type { Route } from './route.js';

export const ROUTE_METADATA = 'lumo:route';

/** Binds a controller method to its route. A public method of a controller without it is never reachable. */
export function Handles(spec: Route): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    Reflect.defineMetadata(ROUTE_METADATA, spec, descriptor.value as object);
  };
}
