import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

const MAC_BYTES = 16;

/**
 * Hands bytes to a caller who must give them back unchanged: opaque text with a MAC. `purpose` keeps a text of one kind from
 * being taken for one of another.
 */
export interface TextSealer {
  seal(purpose: string, body: Uint8Array): string;
  /** Undefined where this installation did not write it for that purpose. */
  open(purpose: string, text: string): Buffer | undefined;
}

/** @param keys 32 bytes each; the first one seals, all of them open (a master key is replaced while texts are out) */
export function createTextSealer(keys: readonly Uint8Array[]): TextSealer {
  const secrets = keys.map((key) => createSecretKey(key));
  const mac = (secret: KeyObject, purpose: string, body: Uint8Array) =>
    createHmac('sha256', secret).update(`${purpose}\0`).update(body).digest().subarray(0, MAC_BYTES);
  const [sealing] = secrets;
  if (!sealing) throw new Error('a sealer needs a key');
  return {
    seal: (purpose, body) => Buffer.concat([body, mac(sealing, purpose, body)]).toString('base64url'),
    open(purpose, text) {
      const bytes = Buffer.from(text, 'base64url');
      // Decoding is lenient; two spellings of one text are one too many.
      if (bytes.length < MAC_BYTES || bytes.toString('base64url') !== text) return undefined;
      const body = bytes.subarray(0, -MAC_BYTES);
      const given = bytes.subarray(-MAC_BYTES);
      return secrets.some((secret) => timingSafeEqual(given, mac(secret, purpose, body))) ? body : undefined;
    },
  };
}
