import type { Adapter, AdapterFactory } from 'oidc-provider';
import type { EngineDeps, EngineOrg } from '../engine-deps.js';
import { signingAlgsOf } from '../protocol-metadata.js';
import type { EngineKeys } from '../signing-keys.js';
import { accessTokenAdapter } from './access-token-adapter.js';
import { artifactAdapter } from './artifact-adapter.js';
import { clientAdapter } from './client-adapter.js';
import { grantAdapter } from './grant-adapter.js';
import { sessionAdapter } from './session-adapter.js';

/** Where each model of the engine lives. */
export function createAdapters(deps: EngineDeps, org: EngineOrg, keys: EngineKeys): AdapterFactory {
  return (model) => {
    switch (model) {
      case 'Client':
        return readyToSign(clientAdapter(deps, org), keys);
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

/** The first client that wants an algorithm has its key made. */
function readyToSign(clients: Adapter, keys: EngineKeys): Adapter {
  return {
    ...clients,
    async find(id) {
      const found = await clients.find(id);
      if (found) await keys.ready(signingAlgsOf(found));
      return found;
    },
  };
}
