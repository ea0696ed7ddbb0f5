import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import { DEFAULT_PROTOCOL } from '../core/client-protocol.js';
import { browserOrigins } from '../core/client-registration.js';
import type { ClientSecret, OAuthClient } from '../core/oauth-client.js';
import type { ClientChange, ClientStore, Tx } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import type { ClientsTable } from './directory-tables.js';
import { searchPattern } from './search-pattern.js';

const SORT = { createdAt: 'created_at', name: 'name', clientId: 'client_id' } as const;

/** Members of `sortBy` for clients. */
export const CLIENT_SORT_KEYS = Object.keys(SORT);

interface SecretJson {
  readonly sha256: string;
  readonly created_at: string;
  readonly expires_at: string | null;
}

type ClientRow = Selectable<ClientsTable> & { readonly secrets: readonly SecretJson[] };

/** Secrets come in the same round trip as their client: the token endpoint reads both on every request. */
const SECRETS = sql<readonly SecretJson[]>`coalesce((
  select json_agg(json_build_object(
    'sha256', encode(s.sha256, 'hex'), 'created_at', s.created_at, 'expires_at', s.expires_at) order by s.created_at desc)
  from client_secrets s where s.org_id = clients.org_id and s.client_id = clients.client_id), '[]')`;

export function createClientStore(db: Kysely<AuthnTables>): ClientStore {
  const clients = (on: Kysely<AuthnTables> | Tx) => on.selectFrom('clients').selectAll().select(SECRETS.as('secrets'));
  const reread = async (tx: Tx, clientId: string): Promise<OAuthClient | undefined> => {
    const row = await clients(tx).where('client_id', '=', clientId).executeTakeFirst();
    return row && toClient(row);
  };
  return {
    async byClientId(clientId) {
      const row = await clients(db).where('client_id', '=', clientId).executeTakeFirst();
      return row && toClient(row);
    },
    async byNumber(id) {
      if (!Number.isInteger(id) || id < 1 || id > 0x7fffffff) return undefined;
      const row = await clients(db).where('id', '=', id).executeTakeFirst();
      return row && toClient(row);
    },
    async list({ page, limit, search, sortBy, sortDir, active }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      const direction = sortDir === 'ASC' ? ('asc' as const) : ('desc' as const);
      let query = db.selectFrom('clients');
      if (active !== undefined) query = query.where('is_active', '=', active);
      if (search) {
        const pattern = searchPattern(search);
        query = query.where((eb) =>
          eb.or((['name', 'client_id', 'description'] as const).map((c) => eb(c, 'ilike', pattern))),
        );
      }
      const [rows, counted] = await Promise.all([
        query
          .selectAll()
          .select(SECRETS.as('secrets'))
          .orderBy(column, direction)
          .orderBy('id', direction)
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toClient), total: counted.total };
    },
    async allowsOrigin(origin) {
      const row = await db
        .selectFrom('clients')
        .select('id')
        .where('is_active', '=', true)
        .where(sql<boolean>`browser_origins @> array[${origin}]::text[]`)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    async insert(tx, client) {
      const row = await tx
        .insertInto('clients')
        .values({
          client_id: client.clientId,
          name: client.name,
          description: client.description ?? null,
          application_type: client.applicationType,
          token_endpoint_auth_method: client.tokenEndpointAuthMethod,
          redirect_uris: [...client.redirectUris],
          post_logout_redirect_uris: [...client.postLogoutRedirectUris],
          allowed_origins: [...client.allowedOrigins],
          browser_origins: [...browserOrigins(client)],
          grant_types: [...client.grantTypes],
          scopes: [...client.scopes],
          requires_pkce: client.requiresPkce,
          is_first_party: client.isFirstParty,
          is_active: client.isActive,
          access_token_lifetime_seconds: client.accessTokenLifetimeSeconds ?? null,
          refresh_token_lifetime_seconds: client.refreshTokenLifetimeSeconds ?? null,
          protocol: JSON.stringify(client.protocol),
          origin: client.origin,
          about: JSON.stringify(client.about),
          audience_uris: [...client.audienceUris],
          resource_mode: client.resourceMode,
          created_at: client.createdAt,
          updated_at: client.updatedAt,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      for (const { sha256, createdAt, expiresAt } of client.secrets) {
        await tx
          .insertInto('client_secrets')
          .values({ client_id: client.clientId, sha256, created_at: createdAt, expires_at: expiresAt })
          .execute();
      }
      return { ...toClient({ ...row, secrets: [] }), secrets: client.secrets };
    },
    async lock(tx, clientId) {
      const row = await clients(tx).where('client_id', '=', clientId).forUpdate().executeTakeFirst();
      return row && toClient(row);
    },
    async update(tx, clientId, change, now) {
      const { numUpdatedRows } = await tx
        .updateTable('clients')
        .set({ ...toColumns(change), updated_at: now })
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n ? reread(tx, clientId) : undefined;
    },
    async addSecret(tx, clientId, sha256, now, othersEndAt) {
      await tx.deleteFrom('client_secrets').where('client_id', '=', clientId).where('expires_at', '<=', now).execute();
      await tx
        .updateTable('client_secrets')
        .set({ expires_at: sql<Date>`least(coalesce(expires_at, 'infinity'), ${othersEndAt})` })
        .where('client_id', '=', clientId)
        .execute();
      await tx
        .insertInto('client_secrets')
        .values({ client_id: clientId, sha256, created_at: now, expires_at: null })
        .execute();
    },
    async remove(tx, clientId) {
      const { numDeletedRows } = await tx
        .deleteFrom('clients')
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function toColumns(change: ClientChange): Updateable<ClientsTable> {
  const columns = {
    name: change.name,
    description: change.description,
    token_endpoint_auth_method: change.tokenEndpointAuthMethod,
    redirect_uris: change.redirectUris && [...change.redirectUris],
    post_logout_redirect_uris: change.postLogoutRedirectUris && [...change.postLogoutRedirectUris],
    allowed_origins: change.allowedOrigins && [...change.allowedOrigins],
    browser_origins: change.browserOrigins && [...change.browserOrigins],
    grant_types: change.grantTypes && [...change.grantTypes],
    scopes: change.scopes && [...change.scopes],
    requires_pkce: change.requiresPkce,
    is_first_party: change.isFirstParty,
    is_active: change.isActive,
    access_token_lifetime_seconds: change.accessTokenLifetimeSeconds,
    refresh_token_lifetime_seconds: change.refreshTokenLifetimeSeconds,
    protocol: change.protocol && JSON.stringify(change.protocol),
    about: change.about && JSON.stringify(change.about),
    audience_uris: change.audienceUris && [...change.audienceUris],
    resource_mode: change.resourceMode,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function toClient(row: ClientRow): OAuthClient {
  return {
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    description: row.description,
    applicationType: row.application_type,
    tokenEndpointAuthMethod: row.token_endpoint_auth_method,
    secrets: row.secrets.map(toSecret),
    redirectUris: row.redirect_uris,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    allowedOrigins: row.allowed_origins,
    grantTypes: row.grant_types,
    scopes: row.scopes,
    requiresPkce: row.requires_pkce,
    isFirstParty: row.is_first_party,
    isActive: row.is_active,
    accessTokenLifetimeSeconds: row.access_token_lifetime_seconds,
    refreshTokenLifetimeSeconds: row.refresh_token_lifetime_seconds,
    protocol: { ...DEFAULT_PROTOCOL, ...row.protocol },
    origin: row.origin,
    about: row.about,
    audienceUris: row.audience_uris,
    resourceMode: row.resource_mode,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toSecret(json: SecretJson): ClientSecret {
  return {
    sha256: ownBytes(json.sha256),
    createdAt: new Date(json.created_at),
    expiresAt: json.expires_at === null ? null : new Date(json.expires_at),
  };
}

/** Bytes with memory of their own: secrets are remembered, and a part of Node's pool would keep all 64 KB of it. */
function ownBytes(hex: string): Buffer {
  const bytes = Buffer.alloc(hex.length / 2);
  bytes.write(hex, 'hex');
  return bytes;
}
