import type { Client } from 'oidc-provider';
import { isLocalRedirect } from '../core/client-document.js';
import type { ClientIdentity } from '../pages/index.js';
import { factsOf } from './client-facts.js';

/**
 * A client as people are shown it. Where no administrator answers for it, its name is whatever it says, so it is called by
 * the host that it controls: that of its document, else the one that answers go to. A program on the person's own machine
 * controls none.
 */
export function clientIdentity(client: Client, redirectUri?: string): ClientIdentity {
  const { origin, name } = factsOf(client);
  const host = redirectUri === undefined ? undefined : URL.parse(redirectUri)?.host || undefined;
  const returnsToDevice = redirectUri !== undefined && isLocalRedirect(redirectUri);
  const identity = { name, ...(host !== undefined && { host }) };
  if (origin === 'admin') return identity;
  const site = origin === 'metadata_document' ? URL.parse(client.clientId)?.host : returnsToDevice ? undefined : host;
  return { ...identity, unverified: { ...(site !== undefined && { site }), returnsToDevice } };
}
