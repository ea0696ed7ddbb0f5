import { hash } from 'node:crypto';

/** How a value that opens something is stored: it has 256 random bits, so a plain SHA-256 cannot be turned back. */
export function hashId(id: string): Buffer {
  return hash('sha256', id, 'buffer');
}
