// Seam: oidc-provider fetches a sector identifier whenever it reads a client, and derives the sector itself. Here the sector
// was settled at registration, so the engine reads every client as one with public subjects and learns otherwise after.
import { createHmac } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import type { OAuthClient } from '../core/oauth-client.js';
import { factsOf } from './client-facts.js';

/** OpenID Connect Core section 8.1: the host of the sector identifier, else that of the redirect URIs. */
export function sectorOf({ protocol, redirectUris }: Pick<OAuthClient, 'protocol' | 'redirectUris'>): string | null {
  if (protocol.subjectType !== 'pairwise') return null;
  const [first = ''] = redirectUris;
  return URL.parse(protocol.sectorIdentifierUri ?? first)?.host ?? null;
}

/** What a sector knows a person as. */
export type PairwiseSubject = (sector: string, userId: string) => string;

/** `salt`: 32 random bytes of the org. Nobody without it can tell who is meant, or link two sectors. */
export function createPairwiseSubject(salt: Uint8Array): PairwiseSubject {
  return (sector, userId) =>
    createHmac('sha256', salt)
      .update(JSON.stringify([sector, userId]))
      .digest('base64url');
}

/** Tells the engine which clients see pairwise subjects. */
export function markPairwiseClients(provider: Provider): void {
  const find = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id: string): Promise<Client | undefined> => {
    const client = await find(id);
    if (client && factsOf(client).sector !== null) Object.assign(client, { subjectType: 'pairwise' });
    return client;
  };
}
