import { isIPv4, isIPv6 } from 'node:net';
import { CelFault, IpAddress } from './cel-value.js';

const MAPPED = 0xffffn << 32n;

export interface IpPrefix {
  readonly bits: 32 | 128;
  /** The address without the bits of the host. */
  readonly network: bigint;
  readonly hostBits: bigint;
}

/** Dotted IPv4 without leading zeros, or IPv6, perhaps with a zone. */
export function parseIp(text: string): IpAddress {
  if (isIPv4(text)) return new IpAddress(32, v4Bits(text), text);
  const [address = '', zone = '', ...more] = text.split('%');
  if (!isIPv6(address) || more.length > 0 || (zone === '') !== (address === text)) {
    throw new CelFault(`'${text.slice(0, 60)}' is no IP address`);
  }
  const value = v6Bits(address);
  if (value >> 32n === MAPPED >> 32n && zone === '') return new IpAddress(32, value & 0xffffffffn, text);
  return new IpAddress(128, value, text, zone);
}

/** `10.0.0.0/8`, `2001:db8::/32`. Host bits may be set, and are not looked at. */
export function parseIpPrefix(text: string): IpPrefix {
  const [address = '', length = '', ...more] = text.split('/');
  const fault = () => new CelFault(`'${text.slice(0, 60)}' is no range of IP addresses, as 10.0.0.0/8`);
  if (more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length) || address.includes('%')) throw fault();
  const width = isIPv4(address) ? 32 : isIPv6(address) ? 128 : undefined;
  const prefix = Number(length);
  if (width === undefined || prefix > width) throw fault();
  const ip = parseIp(address);
  // A prefix of mapped addresses that is longer than the mapping is one of IPv4; a shorter one holds other addresses too.
  const mapped = width === 128 && ip.bits === 32;
  if (mapped && prefix < 96) return prefixOf(128, MAPPED | ip.value, BigInt(128 - prefix));
  return prefixOf(ip.bits, ip.value, BigInt(width - prefix));
}

export function isInPrefix(ip: IpAddress, prefix: IpPrefix): boolean {
  return ip.bits === prefix.bits && ip.zone === '' && ip.value >> prefix.hostBits === prefix.network;
}

function prefixOf(bits: 32 | 128, value: bigint, hostBits: bigint): IpPrefix {
  return { bits, network: value >> hostBits, hostBits };
}

function v4Bits(text: string): bigint {
  return BigInt(text.split('.').reduce((bits, part) => bits * 256 + Number(part), 0));
}

function v6Bits(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** Groups of 16 bits; the last may be an IPv4 address, which is two. */
function groups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const bits = Number(v4Bits(group));
    return [Math.floor(bits / 65_536), bits % 65_536];
  });
}
