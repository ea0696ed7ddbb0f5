import type { Interaction } from 'oidc-provider';
import type { ClientIdentity } from '../pages/index.js';
import type { Engine } from './build-engine.js';

/** The app that a flow leads back to. */
export interface FlowClient extends ClientIdentity {
  readonly redirectUri: string;
}

/** Undefined where the app was disabled or deleted meanwhile. */
export async function flowClient(
  { provider }: Engine,
  { params }: Pick<Interaction, 'params'>,
): Promise<FlowClient | undefined> {
  const client = await provider.Client.find(String(params.client_id));
  if (!client) return undefined;
  const redirectUri = String(params.redirect_uri);
  const host = URL.parse(redirectUri)?.host;
  return { name: client.clientName ?? client.clientId, redirectUri, ...(host && { host }) };
}
