/** One party of a delegation, as in an `act` claim (RFC 8693 section 4.1). */
export interface Actor {
  readonly type: 'user' | 'agent' | 'client';
  readonly id: string;
}

/**
 * Who is calling, as the gateway established it.
 * A delegated call has the user as `type`/`id` and the agents in `actors`, first delegate first, current actor last.
 */
export interface Principal {
  readonly type: 'anonymous' | 'user' | 'agent' | 'client' | 'api_key' | 'instance' | 'service';
  /** User: UUID. Agent: `agt_…`. Client: `cli_…`. API key: `key_…`. Service: its name. Anonymous: empty. */
  readonly id: string;
  readonly name?: string;
  /** OAuth scopes of the token, capabilities of the agent token, or scopes of the API key. */
  readonly scopes: readonly string[];
  readonly actors: readonly Actor[];
  readonly clientId?: string;
  /** `jti` of the access token. */
  readonly tokenId?: string;
  /** `iat` of the access token: whoever stops an agent or a person decides from when on tokens count. */
  readonly issuedAtSeconds?: number;
  readonly authTimeSeconds?: number;
  /** How strongly the person was recognised (`acr` of the access token). */
  readonly acr?: string;
  /** How the person signed in (`amr` of the access token, RFC 8176). */
  readonly authMethods?: readonly string[];
}

export const ANONYMOUS: Principal = { type: 'anonymous', id: '', scopes: [], actors: [] };
