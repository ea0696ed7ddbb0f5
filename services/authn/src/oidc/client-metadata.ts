import type { AdapterPayload } from 'oidc-provider';
import { ACCOUNT_CLIENT_ID } from '../core/account-client.js';
import { clientDigest } from '../core/client-document.js';
import { enforced, isFapi } from '../core/client-protocol.js';
import { browserOrigins, TOKEN_EXCHANGE } from '../core/client-registration.js';
import { accessTokenSeconds, refreshTokenSeconds } from '../core/lifetimes.js';
import { isConfidential, type OAuthClient } from '../core/oauth-client.js';
import type { OrgSettings } from '../core/org-settings.js';
import { PERSONAL_SCOPES } from '../core/requested-scopes.js';
import type { AgentClient } from '../oidc-ports.js';
import { accountRedirectUri } from './account-client.js';
import { ANONYMOUS_CLIENT_ID } from './anonymous-exchange.js';
import { CLIENT_FACTS, type ClientFacts } from './client-facts.js';
import { sectorOf } from './pairwise.js';
import { authenticationMetadata, protocolMetadata, signingAlgOf } from './protocol-metadata.js';

/** A registered application in the words of RFC 7591. */
export function clientMetadata(client: OAuthClient, { auth, security }: OrgSettings): AdapterPayload {
  const protocol = enforced(client.protocol);
  const signingAlg = signingAlgOf(protocol, security.signingAlgorithm);
  const personal = client.scopes.filter((scope) => PERSONAL_SCOPES.has(scope));
  return metadata({
    client_id: client.clientId,
    client_name: client.name,
    ...authenticationMetadata(client.tokenEndpointAuthMethod),
    ...protocolMetadata(protocol, client.tokenEndpointAuthMethod, signingAlg),
    application_type: client.applicationType === 'native' ? 'native' : 'web',
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    grant_types: [...client.grantTypes],
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    ...(personal.length > 0 && { scope: personal.join(' ') }),
    ...(client.about.policyUri !== undefined && { policy_uri: client.about.policyUri }),
    ...(client.about.tosUri !== undefined && { tos_uri: client.about.tosUri }),
    facts: {
      kind: 'client',
      name: client.name,
      origin: client.origin,
      digest: clientDigest(client) ?? null,
      scopes: client.scopes,
      audienceUris: client.audienceUris,
      resourceMode: client.resourceMode,
      requiresPkce: client.requiresPkce || !isConfidential(client),
      isFirstParty: client.isFirstParty,
      origins: browserOrigins(client),
      secrets: client.secrets.map(({ sha256, expiresAt }) => ({
        sha256: sha256.toString('base64'),
        expiresAtMs: expiresAt?.getTime() ?? null,
      })),
      accessTokenSeconds: accessTokenSeconds(client, auth),
      refreshTokenSeconds: refreshTokenSeconds(client, auth),
      isFapi: isFapi(protocol),
      accessTokenFormat: protocol.accessTokenFormat,
      signingAlg,
      sector: sectorOf(client),
      claimsParameter: security.claimsParameter || protocol.claimsParameter,
    },
  });
}

/** An agent, which asks for tokens with its own secret and never sends a browser here. */
export function agentMetadata(agent: AgentClient, { auth, security }: OrgSettings): AdapterPayload {
  return metadata({
    client_id: agent.agentId,
    client_name: agent.name,
    ...authenticationMetadata('client_secret_basic'),
    redirect_uris: [],
    grant_types: ['client_credentials', TOKEN_EXCHANGE],
    response_types: [],
    facts: {
      kind: 'agent',
      name: agent.name,
      scopes: agent.capabilities,
      requiresPkce: true,
      isFirstParty: false,
      origins: [],
      // The registry names only those that count now.
      secrets: agent.secretSha256.map((sha256) => ({
        sha256: Buffer.from(sha256).toString('base64'),
        expiresAtMs: null,
      })),
      accessTokenSeconds: accessTokenSeconds({}, auth),
      refreshTokenSeconds: refreshTokenSeconds({}, auth),
      ...plainFacts(security),
    },
  });
}

/** Stands in for nobody (see anonymous-exchange.ts). */
export function anonymousMetadata({ auth, security }: OrgSettings): AdapterPayload {
  return metadata({
    client_id: ANONYMOUS_CLIENT_ID,
    ...authenticationMetadata('none'),
    redirect_uris: [],
    grant_types: [TOKEN_EXCHANGE],
    response_types: [],
    facts: {
      kind: 'anonymous',
      name: 'anonymous',
      scopes: [],
      requiresPkce: true,
      isFirstParty: false,
      origins: [],
      secrets: [],
      accessTokenSeconds: accessTokenSeconds({}, auth),
      refreshTokenSeconds: refreshTokenSeconds({}, auth),
      ...plainFacts(security),
    },
  });
}

/** The pages on which people see what is theirs (see account-client.ts). */
export function accountMetadata({ auth, security }: OrgSettings, issuer: string): AdapterPayload {
  return metadata({
    client_id: ACCOUNT_CLIENT_ID,
    ...authenticationMetadata('none'),
    redirect_uris: [accountRedirectUri(issuer)],
    grant_types: [],
    response_types: ['none'],
    scope: 'openid',
    facts: {
      kind: 'client',
      name: 'Account',
      scopes: ['openid'],
      requiresPkce: true,
      isFirstParty: true,
      origins: [],
      secrets: [],
      accessTokenSeconds: accessTokenSeconds({}, auth),
      refreshTokenSeconds: refreshTokenSeconds({}, auth),
      ...plainFacts(security),
    },
  });
}

function metadata({ facts, ...known }: AdapterPayload & { readonly facts: ClientFacts }): AdapterPayload {
  return { ...known, [CLIENT_FACTS]: facts };
}

/** What a party without protocol settings of its own gets. */
function plainFacts({ signingAlgorithm }: OrgSettings['security']) {
  return {
    origin: 'admin',
    digest: null,
    audienceUris: [],
    resourceMode: 'exact',
    isFapi: false,
    accessTokenFormat: 'jwt',
    signingAlg: signingAlgorithm,
    sector: null,
    claimsParameter: false,
  } as const;
}
