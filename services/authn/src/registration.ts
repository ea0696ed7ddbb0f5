import {
  createInitialAccessToken,
  listInitialAccessTokens,
  revokeInitialAccessToken,
} from './app/registration/initial-access-tokens.js';
import {
  readRegisteredClient,
  removeRegisteredClient,
  replaceRegisteredClient,
} from './app/registration/manage-registration.js';
import { type RegistrationDeps, registerClient } from './app/registration/register-client.js';
import { createResource, deleteResource, listResources, readResource, updateResource } from './app/resources.js';

/** The operations on clients that register and manage themselves (RFC 7591, RFC 7592), and on resources (RFC 8707). */
export type Registration = ReturnType<typeof createRegistration>;

export function createRegistration(deps: RegistrationDeps) {
  return {
    registerClient: registerClient(deps),
    readRegisteredClient: readRegisteredClient(deps),
    replaceRegisteredClient: replaceRegisteredClient(deps),
    removeRegisteredClient: removeRegisteredClient(deps),

    createInitialAccessToken: createInitialAccessToken(deps),
    listInitialAccessTokens: listInitialAccessTokens(deps),
    revokeInitialAccessToken: revokeInitialAccessToken(deps),

    listResources: listResources(deps),
    readResource: readResource(deps),
    createResource: createResource(deps),
    updateResource: updateResource(deps),
    deleteResource: deleteResource(deps),
  };
}
