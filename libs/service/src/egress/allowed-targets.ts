import { BlockList, isIP } from 'node:net';

/** What an installation lets out beside the public internet: a company network, servers of a developer. */
export interface AllowedTargets {
  /** By the host of a URL, without port. */
  hasHost(hostname: string): boolean;
  hasAddress(address: string): boolean;
}

/** The public internet and no more. */
export const NOTHING_ELSE: AllowedTargets = { hasHost: () => false, hasAddress: () => false };

/** Reads `LUMO_EGRESS_ALLOWED`: host names, addresses and CIDR ranges; undefined where a part is none of them. */
export function parseAllowedTargets(text: string): AllowedTargets | undefined {
  const hosts = new Set<string>();
  const addresses = new BlockList();
  for (const part of text.split(',').flatMap((item) => item.trim() || [])) {
    const [address = '', bits, ...rest] = part.replace(/^\[|\]$/g, '').split('/');
    const family = isIP(address);
    if (family === 0) {
      if (!/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(part)) return undefined;
      hosts.add(part.toLowerCase());
      continue;
    }
    const longest = family === 4 ? 32 : 128;
    if (rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= longest)))
      return undefined;
    addresses.addSubnet(address, Number(bits ?? longest), family === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    hasHost: (hostname) => hosts.has(hostname.toLowerCase().replace(/\.$/, '')),
    hasAddress(address) {
      const family = isIP(address);
      // IPv4 in IPv6 clothes is let out under no rule: a list of IPv4 ranges would match it too.
      if (address.toLowerCase().startsWith('::ffff:')) return false;
      return family !== 0 && addresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
