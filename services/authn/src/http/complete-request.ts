import { currentScopes } from '../core/client-document.js';
import { authorizationScopes } from '../core/requested-scopes.js';
import { findResource } from '../core/resource.js';
import type { Oidc } from '../oidc/create-oidc.js';
import type { EngineOrg } from '../oidc/engine-deps.js';

/**
 * What the engine must find when it judges an authorization request, wherever that comes in: a client that describes
 * itself, and scopes where the request names none (RFC 6749 section 3.3; MCP clients leave them out).
 */
export async function completeRequest(
  { clients, admitClient }: Pick<Oidc, 'clients' | 'admitClient'>,
  { resources, settings }: Pick<EngineOrg, 'resources' | 'settings'>,
  parameters: URLSearchParams,
): Promise<void> {
  const clientId = parameters.get('client_id');
  if (!clientId) return;
  await admitClient(clientId);
  // A request with two scopes or an unknown client is the engine's to refuse, as it came.
  const isElsewhere = parameters.has('request') || parameters.has('request_uri');
  if (isElsewhere || parameters.getAll('scope').length > 1) return;
  const found = await clients.find(clientId);
  if (!found) return;
  const allowed = currentScopes(found.client, settings.auth);
  const ofOrg = parameters.getAll('resource').flatMap((resource) => findResource(resources, resource)?.scopes ?? []);
  const scopes = authorizationScopes(
    parameters.get('scope') ?? undefined,
    allowed,
    parameters.get('access_type') === 'offline',
    ofOrg.length > 0 ? ofOrg : allowed,
  );
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
}
