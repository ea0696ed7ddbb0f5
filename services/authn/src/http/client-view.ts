import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { viewAbout } from './client-about-schema.js';
import { viewProtocol } from './client-protocol-schema.js';
import type { clientDetailView, clientView } from './client-schemas.js';

type Client = Awaited<ReturnType<AuthnApp['readClient']>>;

export function viewClient(client: Client): z.infer<typeof clientView> {
  const isConfidential = client.tokenEndpointAuthMethod !== 'none';
  return {
    id: client.id,
    clientId: client.clientId,
    name: client.name,
    applicationType: client.applicationType,
    isConfidential,
    isPublic: !isConfidential,
    isActive: client.isActive,
    requiresPkce: client.requiresPkce,
    createdAt: client.createdAt.toISOString(),
  };
}

export function viewClientDetail(client: Client): z.infer<typeof clientDetailView> {
  return {
    ...viewClient(client),
    description: client.description ?? null,
    tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
    redirectUris: [...client.redirectUris],
    postLogoutRedirectUris: [...client.postLogoutRedirectUris],
    allowedOrigins: [...client.allowedOrigins],
    grantTypes: [...client.grantTypes],
    scopes: [...client.scopes],
    isFirstParty: client.isFirstParty,
    accessTokenLifetime: client.accessTokenLifetimeSeconds ?? null,
    refreshTokenLifetime: client.refreshTokenLifetimeSeconds ?? null,
    ...viewProtocol(client.protocol),
    ...viewAbout(client),
    updatedAt: client.updatedAt.toISOString(),
  };
}
