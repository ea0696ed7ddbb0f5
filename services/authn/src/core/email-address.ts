import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { err, ok, type Result } from '@lumo/kit';

export interface EmailAddress {
  /** As people see it: compatibility forms folded (NFKC), case kept. */
  readonly address: string;
  /** Equal for two spellings of one mailbox: lower case, domain in punycode. Compare and index only this. */
  readonly key: string;
}

const LOCAL_PART = /^[^\s"(),:;<>@[\]\\\p{C}.]+(?:\.[^\s"(),:;<>@[\]\\\p{C}.]+)*$/u;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Reads an address (RFC 5321 section 4.1.2 without quoted local parts and address literals, RFC 6531 for Unicode).
 * Full-width letters, upper case and Unicode domains all lead to the same key, so that nobody can register a look-alike
 * spelling of a mailbox that somebody else already has here.
 */
export function parseEmail(text: string): Result<EmailAddress, string> {
  if (text.length > 320) return err('An e-mail address has at most 254 characters.');
  const address = text.normalize('NFKC').trim();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 1 || !LOCAL_PART.test(local) || Buffer.byteLength(local) > 64) {
    return err('Write an e-mail address such as ada@example.com.');
  }
  // The URL parser behind domainToASCII would decode "%41" and rewrite "127.1": both are no domain of an address.
  const ascii = /[%/?#:\\]/.test(domain) ? '' : domainToASCII(domain);
  if (!DOMAIN.test(ascii) || isIP(ascii) !== 0 || ascii.length > 253) {
    return err('The domain of this e-mail address is not valid.');
  }
  const key = `${local.toLowerCase().normalize('NFKC')}@${ascii}`;
  if (Buffer.byteLength(key) > 254) return err('An e-mail address has at most 254 characters.');
  return ok({ address, key });
}
