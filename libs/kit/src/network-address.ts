import { BlockList, isIP } from 'node:net';

/**
 * Ranges of IPv4 that no host of the public internet has (RFC 6890 and what came after it), and one public address that is
 * a metadata service (168.63.129.16).
 */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

/**
 * Only 2000::/3 is global unicast, so that loopback, link-local, unique-local, multicast, IPv4-mapped, IPv4-compatible and
 * NAT64 addresses fall out by themselves. These are the special ranges within it: protocol assignments with Teredo and
 * ORCHID, documentation, 6to4, AS112.
 */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [address, bits] of SPECIAL_IPV4) special.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of SPECIAL_IPV6) special.addSubnet(address, bits, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** Whether an address can belong to a host of the public internet. Anything that is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      // A zone (`fe80::1%eth0`) names an interface of this machine.
      return !address.includes('%') && globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * The address that the host of a parsed URL spells out, without brackets; undefined for a name. `URL` has brought every
 * spelling of IPv4 (decimal, octal, hexadecimal, fewer parts) into the dotted one.
 */
export function literalAddress({ hostname }: Pick<URL, 'hostname'>): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
}

/** Hosts that mean this machine: the names of RFC 6761 section 6.3 and the two loopback addresses. */
export function isLoopbackHost({ hostname }: Pick<URL, 'hostname'>): boolean {
  const name = hostname.replace(/\.$/, '');
  return /^127(?:\.\d+){3}$/.test(name) || name === '[::1]' || name === 'localhost' || name.endsWith('.localhost');
}
