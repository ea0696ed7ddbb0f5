import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import type { RequestContext } from './context.js';

/** How long a service believes what the gateway or a calling service said about the caller. */
export const CONTEXT_TOKEN_TTL_SECONDS = 60;

/** Carries a request context between processes: base64url JSON and an HMAC-SHA256 over it, valid for 60 s. */
export interface ContextCodec {
  seal(context: RequestContext, nowMs: number): string;
  open(token: string, nowMs: number): Result<RequestContext, 'malformed' | 'forged' | 'expired'>;
}

/** `key`: 32 bytes that every process of the installation derives from the master key. */
export function createContextCodec(key: Uint8Array): ContextCodec {
  // A key object made once: making one per token costs five times the HMAC.
  const secret = createSecretKey(key);
  const mac = (body: string) => createHmac('sha256', secret).update(body).digest();
  return {
    seal(context, nowMs) {
      const body = Buffer.from(JSON.stringify({ c: context, e: nowMs + CONTEXT_TOKEN_TTL_SECONDS * 1000 })).toString(
        'base64url',
      );
      return `${body}.${mac(body).toString('base64url')}`;
    },
    open(token, nowMs) {
      const dot = token.indexOf('.');
      if (dot < 1) return err('malformed');
      const body = token.slice(0, dot);
      const given = Buffer.from(token.slice(dot + 1), 'base64url');
      const expected = mac(body);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return err('forged');
      // The HMAC proves that this installation wrote the JSON, so its shape needs no second check.
      const { c, e } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { c: RequestContext; e: number };
      return e < nowMs ? err('expired') : ok(c);
    },
  };
}
