import type { Client } from 'oidc-provider';
import type { ServerSigningAlg } from '../core/client-protocol.js';
import type { ClientOrigin, ResourceMode } from '../core/oauth-client.js';

/** What of a client oidc-provider has no word for. It travels in the client's metadata, so it is plain JSON. */
export interface ClientFacts {
  readonly kind: 'client' | 'agent' | 'anonymous';
  readonly name: string;
  readonly origin: ClientOrigin;
  /** Which client it is, where nobody but itself answers for that (core/client-document.ts); else null. */
  readonly digest: string | null;
  /** Everything it may ask for. */
  readonly scopes: readonly string[];
  /** Resources of its own, beside those of the org. */
  readonly audienceUris: readonly string[];
  readonly resourceMode: ResourceMode;
  readonly requiresPkce: boolean;
  /** Whether people are spared the question whether it may act for them. */
  readonly isFirstParty: boolean;
  /** Browser origins that may call with its name. */
  readonly origins: readonly string[];
  readonly secrets: readonly { readonly sha256: string; readonly expiresAtMs: number | null }[];
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  readonly isFapi: boolean;
  readonly accessTokenFormat: 'jwt' | 'opaque';
  /** Of its access tokens. */
  readonly signingAlg: ServerSigningAlg;
  /** Whose sector its subjects are computed for; null where it sees the ids of people themselves. */
  readonly sector: string | null;
  /** Whether the `claims` parameter of its requests is read. */
  readonly claimsParameter: boolean;
}

/** Name of the metadata member; registered with the engine as extra metadata. */
export const CLIENT_FACTS = 'lumo';

export function factsOf(client: Client): ClientFacts {
  // Every client of the engine was made by client-metadata.ts; one word, because the engine camel-cases names.
  return client[CLIENT_FACTS] as ClientFacts;
}
