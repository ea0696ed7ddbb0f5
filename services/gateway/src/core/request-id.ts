import { randomFillSync } from 'node:crypto';

const WELL_FORMED = /^[A-Za-z0-9._-]{8,64}$/;
const POOL_BYTES = 4096;
const ID_BYTES = 16;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** 128 random bits in hex. The bytes come from a pool: one system call serves 256 requests. */
export function newRequestId(): string {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString('hex', used, used + ID_BYTES);
  used += ID_BYTES;
  return id;
}

/** A given id is kept only from a trusted proxy and only when it is safe to log; everything else gets a new one. */
export function chooseRequestId(given: string | undefined, fromTrustedProxy: boolean): string {
  return fromTrustedProxy && given !== undefined && WELL_FORMED.test(given) ? given : newRequestId();
}
