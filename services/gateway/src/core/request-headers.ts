import type { IncomingHttpHeaders } from 'node:http';

/**
 * Headers that only a proxy of ours may have written. The gateway reads what it believes of them and then drops them all:
 * no service ever sees a forwarded address, host, URL or client certificate that a client could have made up
 * (RFC 9700 section 4.13, RFC 9440 section 3).
 */
const FORGEABLE: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-cluster-client-ip',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-ssl-client-cert',
  'ssl-client-cert',
  'x-client-cert',
  'client-cert',
  'client-cert-chain',
]);

const FORGEABLE_PREFIXES = ['x-lumo-', 'x-forwarded-', 'x-ssl-', 'x-amzn-mtls-'] as const;

/** Headers that say who asks or where the message ends: two of them let two parsers see two requests. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'dpop',
  'host',
  'origin',
  'transfer-encoding',
  'x-api-key',
]);

/** The name of a header that stands twice and must not, or undefined. `raw` is Node's flat list of names and values. */
export function findRepeatedHeader(raw: readonly string[]): string | undefined {
  let seen: string[] | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen?.includes(name)) return name;
    if (seen) seen.push(name);
    else seen = [name];
  }
  return undefined;
}

/** A request as Node parsed it, whose headers may be changed before a service sees them. */
export interface MutableHeaders {
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
}

/** Whether a service may see this header of a client. `name` is in lower case. */
export function isForgeable(name: string): boolean {
  if (FORGEABLE.has(name)) return true;
  // Every prefix starts with x-, almost no header does.
  return name.charCodeAt(0) === 0x78 && FORGEABLE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/**
 * Drops the forgeable headers and those in `also`, then adds `set`, in both places where Node keeps headers.
 * `also` and the names of `set` are in lower case.
 */
export function rewriteHeaders(
  request: MutableHeaders,
  also: readonly string[],
  set: Readonly<Record<string, string>>,
): void {
  const { headers, rawHeaders } = request;
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (isForgeable(name) || also.includes(name) || Object.hasOwn(set, name)) delete headers[name];
    else kept.push(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  }
  for (const [name, value] of Object.entries(set)) {
    headers[name] = value;
    kept.push(name, value);
  }
  request.rawHeaders = kept;
}
