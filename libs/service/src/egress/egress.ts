import type { Result } from '@lumo/kit';

/** Why a request leaves this server; a label of its metrics. */
export type EgressPurpose =
  | 'client_metadata'
  | 'client_keys'
  | 'sector_identifier'
  | 'logo'
  | 'logout'
  | 'notification'
  | 'webhook'
  | 'federation';

/** A request to an address that somebody else chose. */
export interface EgressRequest {
  readonly purpose: EgressPurpose;
  readonly method?: 'GET' | 'POST';
  /** Nothing is added to them but `User-Agent`, `Accept` and `Accept-Encoding`: no cookie, no credential. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Media types that the answer may have, e.g. `application/json`, or `+json` for every type that ends so. Absent: any. */
  readonly accept?: readonly string[];
  /** Statuses that are answers; any other is a failure, and its body is not read. Default: 200. */
  readonly statuses?: readonly number[];
  /** Of the body. Default 64 KiB. */
  readonly maxBytes?: number;
  /** For everything together: name, connection, headers, body. Default 3 s. */
  readonly timeoutMs?: number;
  /** How many redirects are followed; each new address is judged like the first. Default: none. */
  readonly maxRedirects?: number;
}

export interface EgressResponse {
  readonly status: number;
  /** Address that answered, after redirects. */
  readonly url: string;
  header(name: string): string | undefined;
  readonly bytes: Uint8Array;
  /** The body as UTF-8; undefined where it is not. */
  text(): string | undefined;
  /** The body as JSON without repeated members; undefined where it is not. */
  json(): unknown;
}

/**
 * Why there is no answer. For logs, metrics and the caller's decision: whoever chose the address must not be told which of
 * them it was, or the server becomes a port scanner with a public face.
 */
export type EgressFailure =
  | { readonly reason: 'url_refused' | 'address_refused'; readonly detail: string }
  | { readonly reason: 'status'; readonly status: number }
  | {
      readonly reason:
        | 'name_unresolved'
        | 'unreachable'
        | 'tls'
        | 'timeout'
        | 'too_large'
        | 'redirected'
        | 'content_type'
        | 'content_encoding'
        | 'malformed'
        | 'busy';
    };

/**
 * The one way out. Guarantees: https only (http for loopback addresses that the installation allows); the name is resolved
 * once, every address it has is judged, and the connection goes to one of those; nothing of this machine's environment (proxies,
 * cookies, credentials) takes part; bounded in size, time and number for each org. A failure is a value, never a rejection.
 */
export interface Egress {
  fetch(url: string, request: EgressRequest): Promise<Result<EgressResponse, EgressFailure>>;
}
