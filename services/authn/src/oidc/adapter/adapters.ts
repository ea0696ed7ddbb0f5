import type { AdapterFactory } from 'oidc-provider';
import type { EngineDeps, EngineOrg } from '../engine-deps.js';
import { accessTokenAdapter } from './access-token-adapter.js';
import { artifactAdapter } from './artifact-adapter.js';
import { clientAdapter } from './client-adapter.js';
import { grantAdapter } from './grant-adapter.js';
import { sessionAdapter } from './session-adapter.js';

/** Where each model of the engine lives. */
export function createAdapters(deps: EngineDeps, org: EngineOrg): AdapterFactory {
  return (model) => {
    switch (model) {
      case 'Client':
        return clientAdapter(deps, org);
      case 'Session':
        return sessionAdapter(deps);
      case 'Grant':
        return grantAdapter(deps);
      case 'AccessToken':
      case 'ClientCredentials':
        return accessTokenAdapter(model, deps, org);
      default:
        return artifactAdapter(model, deps, org);
    }
  };
}
