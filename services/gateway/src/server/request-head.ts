import type { IncomingMessage } from 'node:http';
import { addressBudgetKey, type ClientAddresses } from '../core/client-address.js';
import type { AcceptsHost } from '../core/host-policy.js';
import { badRequest, CREDENTIAL_IN_URL, NO_ROUTE, type Refusal, RequestRefused } from '../core/refusal.js';
import { findRepeatedHeader } from '../core/request-headers.js';
import { type PathRefusal, readRequestPath } from '../core/request-path.js';
import type { MatchRoute } from '../core/route-matcher.js';
import type { RouteRow } from '../route-table.js';

/** Where a request goes and where it comes from: what is known before anybody is asked anything. */
export interface RequestHead {
  readonly row: RouteRow;
  readonly orgSlug?: string;
  /** What the service sees as its URL. */
  readonly url: string;
  readonly method: Method;
  /** The origin of a browser that is not on our own pages. */
  readonly foreignOrigin?: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

export interface HeadReader {
  /** @throws RequestRefused */
  read(request: IncomingMessage): RequestHead;
}

export interface HeadReaderOptions {
  readonly baseUrl: string;
  readonly matchRoute: MatchRoute<RouteRow>;
  readonly acceptsHost: AcceptsHost;
  /** Largest body in bytes. */
  readonly maxBodyBytes: number;
}

const CREDENTIAL_PARAMETER = /[?&](?:access_token|api_key|x-api-key)=/i;

export function createHeadReader(options: HeadReaderOptions): HeadReader {
  const { baseUrl, matchRoute, acceptsHost, maxBodyBytes } = options;
  return {
    read(request) {
      const { headers } = request;
      const repeated = findRepeatedHeader(request.rawHeaders);
      if (repeated) throw new RequestRefused(badRequest(`The header ${repeated} must stand once.`));
      const method = METHODS.find((known) => known === request.method);
      if (!method) throw new RequestRefused(METHOD_NOT_ALLOWED);
      const path = readRequestPath(request.url ?? '');
      if (!path.ok) throw new RequestRefused(badRequest(PATH_REFUSALS[path.error]));
      const { segments, query } = path.value;
      const match = matchRoute(segments);
      if (!match?.row.anyHost && !acceptsHost(headers.host)) throw new RequestRefused(MISDIRECTED);
      if (!match) throw new RequestRefused(NO_ROUTE);
      if (query !== '' && CREDENTIAL_PARAMETER.test(query)) throw new RequestRefused(CREDENTIAL_IN_URL);
      if (Number(headers['content-length'] ?? 0) > (match.row.maxBodyBytes ?? maxBodyBytes))
        throw new RequestRefused(BODY_TOO_LARGE);
      const { origin } = headers;
      return {
        ...match,
        method,
        url: `${withoutAlias(path.value.path, segments)}${query}`,
        ...(origin !== undefined && origin !== baseUrl && { foreignOrigin: origin }),
      };
    },
  };
}

/** `/t/:org` is another spelling of `/orgs/:org`; services know only one. */
function withoutAlias(path: string, segments: readonly string[]): string {
  return segments[0] === 't' ? `/orgs${path.slice(2)}` : path;
}

/** Who sent the request, as far as the connection and trusted proxies say. */
export interface Sender {
  readonly address: string;
  readonly viaTrustedProxy: boolean;
  /** What budgets per address count. */
  readonly budgetKey: string;
}

export function readSender(request: IncomingMessage, addresses: ClientAddresses): Sender {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  const address = addresses.resolve(peer, Array.isArray(forwarded) ? forwarded.join(',') : forwarded);
  return { address, viaTrustedProxy: addresses.isTrusted(peer), budgetKey: addressBudgetKey(address) };
}

const PATH_REFUSALS: Readonly<Record<PathRefusal, string>> = {
  not_origin_form: 'The request target must be a path.',
  forbidden_character: 'The path contains a character that must be percent-encoded, or one that no path may contain.',
  bad_encoding: 'The path contains an invalid percent-encoding.',
  dot_segment: 'The path contains a dot segment. Send the path it stands for.',
  empty_segment: 'The path contains an empty segment. Send single slashes.',
};

const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: 'method_not_allowed',
  message: `Use one of ${METHODS.join(', ')}.`,
  headers: { Allow: METHODS.join(', ') },
};

const MISDIRECTED: Refusal = {
  status: 421,
  code: 'misdirected_request',
  message: 'This server does not answer for that host. Use its public address.',
};

export const BODY_TOO_LARGE: Refusal = {
  status: 413,
  code: 'payload_too_large',
  message: 'The body is larger than 1 MiB. Send less at once.',
  headers: { Connection: 'close' },
};
