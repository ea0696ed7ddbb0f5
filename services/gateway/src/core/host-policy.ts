import { isIP } from 'node:net';

/** Whether a request may name this host. */
export type AcceptsHost = (host: string | undefined) => boolean;

/**
 * A request for a host that is not ours is misdirected (RFC 9110 section 15.5.20): answering it would let a rebinding or
 * cache-poisoning attacker use our name for theirs. On a loopback base URL every name is accepted, because that is a
 * developer's machine behind whatever tunnel it has; no link is ever built from the name either way.
 */
export function hostPolicy(baseUrl: string): AcceptsHost {
  const { hostname, host, protocol } = new URL(baseUrl);
  if (isLoopback(hostname)) return () => true;
  const standardPort = protocol === 'https:' ? '443' : '80';
  const accepted = new Set([host, host === hostname ? `${hostname}:${standardPort}` : host]);
  return (given) => given !== undefined && accepted.has(given.toLowerCase());
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}
