import { err, isPublicAddress, literalAddress, ok, type Result } from '@lumo/kit';
import type { AllowedTargets } from './allowed-targets.js';

/** The rule by which addresses are judged, before a connection and again on the connection. */
export interface TargetPolicy {
  readonly allowed: AllowedTargets;
}

const MAX_URL_CHARS = 2048;
/** The privileged port of https; the others belong to services that are no web servers (mail, SSH, databases below 1024). */
const HTTPS_PORT = 443;

/**
 * Judges a URL before anything is looked up. Written as a parser would write it, so that what was checked elsewhere, as
 * text, is what is called: no other spelling of an address, no backslash, no user information.
 */
export function checkTarget(text: string, { allowed }: TargetPolicy): Result<URL, string> {
  if (text.length > MAX_URL_CHARS || !/^[\x21-\x7e]+$/.test(text) || text.includes('\\')) {
    return err('not printable ASCII, or too long');
  }
  const url = URL.parse(text);
  if (!url) return err('no absolute URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return err('neither https nor http');
  if (url.username || url.password || /^[a-z]+:\/*[^/?#]*@/i.test(text)) return err('user information');
  if (url.hostname === '') return err('no host');
  const literal = literalAddress(url);
  if (literal !== undefined && !mayConnect(literal, url, { allowed })) return err('an address that is not public');
  // Whether http is for a loopback address, and one that is allowed, is judged with the addresses of the name.
  if (url.protocol === 'http:' && !isNamed(url, { allowed })) return err('http');
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  if (port !== HTTPS_PORT && port < 1024 && !isNamed(url, { allowed })) return err('a privileged port that is not 443');
  return ok(url);
}

/** Whether a connection for this URL may go to this address. */
export function mayConnect(address: string, url: URL, { allowed }: TargetPolicy): boolean {
  const isAllowed = allowed.hasAddress(address) || allowed.hasHost(url.hostname);
  if (url.protocol === 'http:') return isAllowed && isLoopback(address);
  return isAllowed || isPublicAddress(address);
}

/** Whether the installation names this host, or the address that it spells out, or may name it by its addresses. */
function isNamed(url: URL, { allowed }: TargetPolicy): boolean {
  const literal = literalAddress(url);
  return allowed.hasHost(url.hostname) || (literal === undefined ? isLocalhost(url) : allowed.hasAddress(literal));
}

/** RFC 6761 section 6.3: the name has loopback addresses and no others. */
function isLocalhost({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127(?:\.\d{1,3}){3}$/.test(address);
}
