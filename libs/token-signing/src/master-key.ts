import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { DomainError, type Secret } from '@lumo/kit';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The root secret of an installation. It never encrypts anything itself: every use derives its own key by label.
 * `seal`/`open` are AES-256-GCM; `context` (say `authn.signing_keys:<kid>`) is bound as additional data, so that a sealed
 * value cannot be moved to another row.
 */
export interface MasterKey {
  /** Short id of this key; stands beside everything it sealed, so that rotation knows what to seal again. */
  readonly id: string;
  /** 32 bytes for one purpose, e.g. `context-hmac` (HKDF-SHA256, RFC 5869). */
  derive(label: string): Buffer;
  seal(plaintext: Uint8Array, context: string): Buffer;
  open(sealed: Uint8Array, context: string): Buffer;
}

export function createMasterKey(root: Secret<Uint8Array>): MasterKey {
  const bytes = root.reveal();
  if (bytes.length !== 32) throw new DomainError('internal', 'server_error', 'a master key has 32 bytes');
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', bytes, 'lumoauth', label, 32));
  const sealing = derive('seal');
  return {
    id: derive('key-id').subarray(0, 6).toString('hex'),
    derive,
    seal(plaintext, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      const iv = sealed.subarray(0, IV_BYTES);
      const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(context)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    },
  };
}
