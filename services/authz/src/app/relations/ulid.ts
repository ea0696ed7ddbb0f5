import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_BYTES = 10;

/** A ULID (github.com/ulid/spec): 48 bits of time, 80 random bits. OpenFGA's clients accept no other ids of stores and models. */
export function newUlid(nowMs: number): string {
  return encode((BigInt(nowMs) << 80n) | BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`));
}

/** The 128 bits of a UUID as a ULID: an organization's own store has an id that nobody needs to look up. */
export function ulidOfUuid(uuid: string): string {
  return encode(BigInt(`0x${uuid.replaceAll('-', '')}`));
}

export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

function encode(value: bigint): string {
  let text = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((value >> shift) & 31n)];
  return text;
}
