import Provider, { type Adapter } from 'oidc-provider';
import { ACCOUNT_CLIENT_ID } from '../../core/account-client.js';
import { millisecondsUntil } from '../../core/dead-before.js';
import { ANONYMOUS_CLIENT_ID } from '../anonymous-exchange.js';
import { accountMetadata, agentMetadata, anonymousMetadata, clientMetadata } from '../client-metadata.js';
import { documentClient } from '../document-client.js';
import type { EngineDeps, EngineOrg } from '../engine-deps.js';
import { requestFacts } from '../engine-request.js';
import { unsupported } from './unsupported.js';

/** Ids of agents; the directory never gives one of these to a client. */
const AGENT_ID = /^agt_/;

/**
 * Applications from the directory (at most a second old) and agents from their registry (always asked). Who may not act is
 * not found: every endpoint of the engine asks here first, so a disabled client is refused by all of them.
 */
export function clientAdapter(deps: EngineDeps, { settings, issuer }: EngineOrg): Adapter {
  const { clients, documents, agents, clock, wait } = deps;
  return {
    ...unsupported('Client'),
    async find(id) {
      if (id === ANONYMOUS_CLIENT_ID) {
        return requestFacts().anonymousExchange ? anonymousMetadata(settings) : undefined;
      }
      if (id === ACCOUNT_CLIENT_ID) return accountMetadata(settings, issuer);
      if (AGENT_ID.test(id)) {
        const agent = await agents.client(id);
        return agent?.isActive ? agentMetadata(agent, settings) : undefined;
      }
      const found = await clients.find(id);
      if (!found?.client.isActive) return undefined;
      if (Provider.ctx?.oidc.route === 'token') await wait(millisecondsUntil(found.tokensNotBefore, clock.now()));
      const { client } = found;
      const current = client.origin === 'metadata_document' ? await documentClient(documents, settings, found) : client;
      return current && clientMetadata(current, settings);
    },
  };
}
