import type { RequestContext } from '@lumo/tenancy';
import type { OAuthClient } from '../core/oauth-client.js';
import type { ClientStore, Page, PageQuery } from '../ports.js';
import type { DirectoryDeps } from './directory-deps.js';
import { notFound } from './refusals.js';

/** By the integer id or by `cli_…` (contract 11 row 53). */
export async function requireClient(clients: ClientStore, id: string): Promise<OAuthClient> {
  const client = /^\d{1,10}$/.test(id) ? await clients.byNumber(Number(id)) : await clients.byClientId(id);
  if (!client) throw notFound('Client');
  return client;
}

type Deps = Pick<DirectoryDeps, 'clients'>;

export function readClient({ clients }: Deps) {
  return (_ctx: RequestContext, id: string): Promise<OAuthClient> => requireClient(clients, id);
}

export function listClients({ clients }: Deps) {
  return (_ctx: RequestContext, query: PageQuery & { readonly active?: boolean }): Promise<Page<OAuthClient>> =>
    clients.list(query);
}
