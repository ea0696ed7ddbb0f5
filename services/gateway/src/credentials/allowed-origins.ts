import type { Clock } from '@lumo/kit';
import type { Org } from '@lumo/tenancy';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../ports.js';

/** Whether a client of the org lists a browser origin; at most 30 seconds old, shared by concurrent requests. */
export interface AllowedOrigins {
  allows(org: Org, origin: string): Promise<boolean>;
}

const TTL_MS = 30_000;
const MAX_ORIGINS = 10_000;

export function createAllowedOrigins(identity: Pick<Identity, 'allowsOrigin'>, clock: Clock): AllowedOrigins {
  const remembered = new LRUCache<string, { readonly allowed: Promise<boolean>; readonly askedMs: number }>({
    max: MAX_ORIGINS,
  });
  return {
    allows(org, origin) {
      const key = `${org.id} ${origin}`;
      const before = remembered.get(key);
      if (before && clock.now() - before.askedMs < TTL_MS) return before.allowed;
      const allowed = identity.allowsOrigin(org, origin);
      remembered.set(key, { allowed, askedMs: clock.now() });
      // A failed question is asked again by the next request.
      allowed.catch(() => remembered.delete(key));
      return allowed;
    },
  };
}
