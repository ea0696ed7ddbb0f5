import { BlockList, isIP } from 'node:net';

/** Finds the address of the client behind the configured proxies. */
export interface ClientAddresses {
  /** Whether the peer that opened the connection is a configured proxy. */
  isTrusted(peer: string): boolean;
  /**
   * The client's address. Walks `X-Forwarded-For` from the right as long as the address at hand is a trusted proxy, so
   * that whatever a client wrote itself further left is never believed (RFC 9700 section 4.13).
   */
  resolve(peer: string, forwardedFor: string | undefined): string;
}

/** `trusted`: addresses and CIDR ranges; empty means that no forwarded header is believed. */
export function createClientAddresses(trusted: readonly string[]): ClientAddresses {
  const list = new BlockList();
  for (const range of trusted) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string): boolean => {
    if (trusted.length === 0) return false;
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  return {
    isTrusted: (peer) => isTrusted(bareAddress(peer) ?? ''),
    resolve(peer, forwardedFor) {
      let client = bareAddress(peer) ?? peer;
      if (!forwardedFor || !isTrusted(client)) return client;
      const hops = forwardedFor.split(',');
      while (hops.length > 0 && isTrusted(client)) {
        const next = bareAddress(hops.pop()?.trim() ?? '');
        if (next === undefined) break;
        client = next;
      }
      return client;
    },
  };
}

/** The address without brackets, port, zone and IPv4 mapping; undefined where the text is no address. */
function bareAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1];
  let address = bracketed ?? withPort ?? text;
  const zone = address.indexOf('%');
  if (zone > 0) address = address.slice(0, zone);
  if (address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4) return address.slice(7);
  return isIP(address) === 0 ? undefined : address;
}

/** What a budget per address counts: an IPv4 address, or the /64 that one IPv6 subscriber owns. */
export function addressBudgetKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
