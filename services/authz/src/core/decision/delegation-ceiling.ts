import { permissionNames } from './permission-names.js';

/**
 * Whether the scopes of a delegated token reach an action. A person granted them to an agent, and what they do not name
 * was not granted, whatever the person may do (contract 4.6): the ceiling holds for every engine.
 */
export function coversAction(scopes: readonly string[], resourceType: string, action: string): boolean {
  return permissionNames(resourceType, action).some((name) => scopes.includes(name));
}
