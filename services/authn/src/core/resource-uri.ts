import { err, ok, type Result } from '@lumo/kit';
import type { ResourceMode } from './oauth-client.js';

/** Longer than any address of an API; it stands in tokens and query strings. */
const MAX_LENGTH = 1024;

/**
 * Whether a text can name a resource (RFC 8707 section 2): an absolute URI without a fragment. http and https URLs are
 * wanted in the spelling that a URL parser gives them, except for the slash of an empty path, which MCP clients leave out,
 * because what is named here is compared byte for byte.
 */
export function checkResourceUri(uri: string): Result<string, string> {
  if (uri.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri)) {
    return err('Write an absolute URI such as https://api.example.com/mcp, in printable ASCII.');
  }
  if (uri.includes('#')) return err('A resource has no fragment (RFC 8707 section 2).');
  if (/^urn:lumo:/i.test(uri)) return err('urn:lumo: is reserved for the platform.');
  if (!/^https?:/i.test(uri)) return ok(uri);
  const url = new URL(uri);
  if (url.username || url.password) return err('Leave out the user information before the host.');
  const isCanonical = url.href === uri || (url.pathname === '/' && url.href === `${uri}/`);
  return isCanonical ? ok(uri) : err(`Write it in its canonical form: ${url.href}`);
}

/**
 * Whether a requested resource is one of the registered ones (contract 2.17). `prefix`: what stands below one counts too,
 * in whole path segments and at the same origin, so that `https://a.example/api` is neither `https://a.example/apix` nor
 * `https://a.example.evil/api`.
 */
export function matchesResource(registered: readonly string[], requested: string, mode: ResourceMode): boolean {
  if (registered.includes(requested)) return true;
  if (mode === 'exact' || !checkResourceUri(requested).ok || /(?:^|\/)\.{1,2}(?:\/|$)|%2e|%2f|%5c/i.test(requested)) {
    return false;
  }
  return registered.some((uri) => {
    const below = uri.endsWith('/') ? uri : `${uri}/`;
    return requested.startsWith(below) || requested.startsWith(`${uri}?`);
  });
}
