import type { Interaction } from 'oidc-provider';
import type { ClientIdentity } from '../pages/index.js';
import type { Engine } from './build-engine.js';
import { factsOf } from './client-facts.js';
import { clientIdentity } from './client-identity.js';

/** The app that a flow leads back to. */
export interface FlowClient extends ClientIdentity {
  readonly redirectUri: string;
  /** Which client it is, where nobody but itself answers for that; see core/client-document.ts. */
  readonly digest: string | null;
  readonly privacyUrl?: string;
  readonly termsUrl?: string;
}

/** Undefined where the app was disabled or deleted meanwhile, or gets its answers elsewhere now. */
export async function flowClient(
  { provider }: Engine,
  { params }: Pick<Interaction, 'params'>,
): Promise<FlowClient | undefined> {
  const client = await provider.Client.find(String(params.client_id));
  const redirectUri = String(params.redirect_uri);
  if (!client?.redirectUriAllowed(redirectUri)) return undefined;
  const { policyUri, tosUri } = client;
  return {
    ...clientIdentity(client, redirectUri),
    redirectUri,
    digest: factsOf(client).digest,
    ...(policyUri !== undefined && { privacyUrl: policyUri }),
    ...(tosUri !== undefined && { termsUrl: tosUri }),
  };
}
