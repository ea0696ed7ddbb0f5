import { listQuery } from '@lumo/service';
import { z } from 'zod';
import { CLIENT_AUTH_METHODS } from '../core/oauth-client.js';
import { aboutMembers, aboutView, takeAbout } from './client-about-schema.js';
import { protocolMembers, protocolView, takeProtocol } from './client-protocol-schema.js';
import { flag, isoTime, line, reference, sortKeys } from './fields.js';

const DAY = 24 * 3600;
const uris = z.array(z.string().min(1).max(2048)).max(50);
const scopes = z.array(z.string().min(1).max(128)).max(200);

const members = {
  description: line(1000).nullish(),
  applicationType: z.enum(['web', 'spa', 'native', 'm2m']).optional(),
  tokenEndpointAuthMethod: z.enum(CLIENT_AUTH_METHODS).optional(),
  isConfidential: z.boolean().optional(),
  redirectUris: uris.optional(),
  postLogoutRedirectUris: uris.optional(),
  allowedOrigins: z.array(z.string().min(1).max(300)).max(50).optional(),
  grantTypes: z.array(z.string().min(1).max(128)).max(20).optional(),
  scopes: scopes.optional(),
  /** Older name of `scopes`. */
  allowedScopes: scopes.optional(),
  requiresPkce: z.boolean().optional(),
  /** An application of the org itself: nobody is asked for consent. */
  isFirstParty: z.boolean().optional(),
  isActive: z.boolean().optional(),
  /** Seconds; null: the default of the org. */
  accessTokenLifetime: z.int().min(60).max(DAY).nullish(),
  refreshTokenLifetime: z
    .int()
    .min(300)
    .max(366 * DAY)
    .nullish(),
  ...protocolMembers,
  ...aboutMembers,
  audienceUris: uris.optional(),
  resourceMode: z.enum(['exact', 'prefix']).optional(),
};

type Renamed = {
  readonly scopes?: string[];
  readonly allowedScopes?: string[];
  readonly accessTokenLifetime?: number | null;
  readonly refreshTokenLifetime?: number | null;
};

/** From the words of the contract to those of the operation. */
function toDraft<T extends Renamed & Parameters<typeof takeProtocol>[0] & Parameters<typeof takeAbout>[0]>(given: T) {
  const { rest: unprotocolled, protocol } = takeProtocol<T>(given);
  const { rest: named, about } = takeAbout<typeof unprotocolled>(unprotocolled);
  const { allowedScopes, accessTokenLifetime, refreshTokenLifetime, ...rest } = named;
  return {
    ...rest,
    ...(protocol && { protocol }),
    ...(about && { about }),
    ...((rest.scopes ?? allowedScopes) && { scopes: rest.scopes ?? allowedScopes }),
    ...(accessTokenLifetime !== undefined && { accessTokenLifetimeSeconds: accessTokenLifetime }),
    ...(refreshTokenLifetime !== undefined && { refreshTokenLifetimeSeconds: refreshTokenLifetime }),
  };
}

export const createClientBody = z.strictObject({ name: line(200), ...members }).transform(toDraft);
export const updateClientBody = z.strictObject({ name: line(200).optional(), ...members }).transform(toDraft);
export const scopesBody = z.strictObject({ scopes });
export const rotateBody = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * DAY)
      .default(0),
  })
  .default({ overlapSeconds: 0 });
export const clientParams = z.object({ clientId: reference });

export const clientsQuery = listQuery.extend({
  sortBy: sortKeys('createdAt', 'name', 'clientId').optional(),
  active: flag.optional(),
});

/** Contract 8.5. */
export const clientView = z
  .object({
    id: z.int(),
    clientId: z.string(),
    name: z.string(),
    applicationType: z.string(),
    isConfidential: z.boolean(),
    isPublic: z.boolean(),
    isActive: z.boolean(),
    requiresPkce: z.boolean(),
    createdAt: isoTime,
  })
  .meta({ id: 'Client' });

export const clientDetailView = clientView
  .extend({
    description: z.string().nullable(),
    tokenEndpointAuthMethod: z.string(),
    redirectUris: z.array(z.string()),
    postLogoutRedirectUris: z.array(z.string()),
    allowedOrigins: z.array(z.string()),
    grantTypes: z.array(z.string()),
    scopes: z.array(z.string()),
    isFirstParty: z.boolean(),
    accessTokenLifetime: z.int().nullable(),
    refreshTokenLifetime: z.int().nullable(),
    ...protocolView,
    ...aboutView,
    updatedAt: isoTime,
  })
  .meta({ id: 'ClientDetail' });

export const createdClientView = clientDetailView.extend({
  secret: z.string().optional(),
  _note: z.string().optional(),
});
export const rotatedSecretView = z.object({ clientId: z.string(), secret: z.string(), _note: z.string() });
export const scopesView = z.object({ scopes: z.array(z.string()) });
