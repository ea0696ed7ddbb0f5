import { err, ok, type Result } from '@lumo/kit';
import type { ApplicationType } from './oauth-client.js';

const MAX_LENGTH = 2048;
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether an address may be registered for redirects, after sign-in or after sign-out. The same check serves create and
 * update. It wants the one canonical spelling, because matching is exact (RFC 9700 section 2.1):
 * https; http only on the loopback interface (RFC 8252 section 7.3); for native apps also a private-use scheme in
 * reverse domain form (RFC 8252 sections 7.1 and 8.4). `javascript:`, `data:` and their like have no dot and fall out.
 */
export function checkRedirectUri(uri: string, applicationType: ApplicationType): Result<string, string> {
  if (uri.length > MAX_LENGTH) return err(`A redirect URI has at most ${MAX_LENGTH} characters.`);
  if (!/^[\x21-\x7e]+$/.test(uri) || uri.includes('\\')) {
    return err('Use only printable ASCII characters; write international domains in punycode.');
  }
  if (uri.includes('#')) return err('A redirect URI has no fragment (#).');
  if (uri.includes('*')) return err('Wildcards are not supported. Register each redirect URI.');
  if (!URL.canParse(uri)) return err('Write an absolute URI such as https://app.example.com/callback.');
  const url = new URL(uri);
  if (url.username || url.password || /^[a-z][a-z0-9+.-]*:\/*[^/?]*@/i.test(uri)) {
    return err('A redirect URI has no user information before the host.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return checkPrivateUse(uri, url, applicationType);
  if (url.protocol === 'http:' && !LOOPBACK_HOSTS.has(url.hostname)) {
    return err('Use https. http is only accepted for localhost, 127.0.0.1 and [::1].');
  }
  if (url.hostname.endsWith('.')) return err('Write the host without a dot at its end.');
  if (hasDotSegment(uri)) return err('A redirect URI has no "." or ".." segments.');
  const isCanonical = url.href === uri || (url.pathname === '/' && url.href === canonicalBareOrigin(uri));
  return isCanonical ? ok(uri) : err(`Write it in its canonical form: ${url.href}`);
}

function checkPrivateUse(uri: string, url: URL, applicationType: ApplicationType): Result<string, string> {
  const scheme = url.protocol.slice(0, -1);
  if (applicationType !== 'native') return err('Use https. Schemes of their own are only for native applications.');
  if (!/^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/.test(scheme)) {
    return err('Use a scheme in reverse domain form, such as com.example.app:/callback.');
  }
  if (!uri.startsWith(`${scheme}:`)) return err(`Write the scheme in lower case: ${scheme}:`);
  return hasDotSegment(uri) ? err('A redirect URI has no "." or ".." segments.') : ok(uri);
}

/** Dot segments also in their percent-encoded spellings, which servers and proxies resolve differently. */
function hasDotSegment(uri: string): boolean {
  const [path = ''] = uri.replace(/^[a-z][a-z0-9+.-]*:(?:\/\/[^/?]*)?/i, '').split('?');
  return path.split(/\/|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** "https://app.example" means the same as "https://app.example/": the one case where two spellings are accepted. */
function canonicalBareOrigin(uri: string): string {
  const query = uri.indexOf('?');
  return query < 0 ? `${uri}/` : `${uri.slice(0, query)}/${uri.slice(query)}`;
}

/**
 * Whether a requested redirect URI is a registered one: equal byte for byte; only the port of a registered loopback
 * http URI may differ (RFC 8252 section 7.3).
 */
export function matchesRedirectUri(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true;
  const portless = withoutLoopbackPort(requested);
  return portless !== undefined && registered.some((uri) => withoutLoopbackPort(uri) === portless);
}

function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?((?:[/?][\x21-\x7e]*)?)$/.exec(uri);
  // Five digits can be more than a port has: what is no URL cannot be redirected to.
  return match && URL.canParse(uri) ? `${match[1]}${match[2]}` : undefined;
}

/** A browser origin (RFC 6454 section 6.2) in the spelling browsers send: https, or http on the loopback interface. */
export function checkOrigin(origin: string): Result<string, string> {
  if (origin.length > 300 || !URL.canParse(origin)) return err('Write an origin such as https://app.example.com.');
  const url = new URL(origin);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname))) {
    return err('Use https. http is only accepted for localhost, 127.0.0.1 and [::1].');
  }
  if (url.origin !== origin) return err(`Write it without path and trailing slash: ${url.origin}`);
  return url.hostname.includes('*') ? err('Wildcards are not supported. List each origin.') : ok(origin);
}

/** The browser origin that a redirect URI belongs to; undefined for a private-use scheme. */
export function originOf(redirectUri: string): string | undefined {
  return /^https?:/.test(redirectUri) && URL.canParse(redirectUri) ? new URL(redirectUri).origin : undefined;
}
