import type { Clock } from '@lumo/kit';
import type { Egress, EgressResponse } from '@lumo/service';
import { requireOrg } from '@lumo/tenancy';
import { LRUCache } from 'lru-cache';
import { freshSeconds, MAX_STALE_SECONDS } from '../core/client-document.js';
import { readPublishedJwks } from '../core/client-keys.js';
import type { ClientJwks } from '../core/client-protocol.js';
import type { RemoteKeySets } from '../document-ports.js';

interface Published {
  jwks?: ClientJwks;
  fetchedMs: number;
  freshUntilMs: number;
  /** When answers to the last attempts came, whatever they were. */
  attemptsMs: readonly number[];
  underWay?: Promise<void>;
}

const MAX_SETS = 10_000;
const MAX_CACHED_BYTES = 16 * 1024 * 1024;
const OVERHEAD_BYTES = 300;
const DEFAULT_FRESH_SECONDS = 3600;
/**
 * An assertion with an unknown key makes us ask, and anybody can send one. More than one attempt in a minute, so that a
 * client which changes its keys right after they were read is not kept out.
 */
const ATTEMPTS_PER_MINUTE = 3;
/** An answer is not asked for twice by the request that it did not help. */
const PAUSE_MS = 1000;

/** `logRefused`: whoever sent the request is not told. */
export function createRemoteKeySets(
  egress: Egress,
  clock: Clock,
  logRefused: (uri: string, why: string) => void,
): RemoteKeySets {
  const sets = new LRUCache<string, Published>({
    max: MAX_SETS,
    maxSize: MAX_CACHED_BYTES,
    sizeCalculation: ({ jwks }, key) => OVERHEAD_BYTES + key.length + (jwks ? JSON.stringify(jwks).length : 0),
  });
  const keyOf = (uri: string) => `${requireOrg().id} ${uri}`;

  /** Undefined once it is too old to count, however often its server was asked. */
  const counted = (published: Published | undefined): ClientJwks | undefined =>
    published && clock.now() - published.fetchedMs < MAX_STALE_SECONDS * 1000 ? published.jwks : undefined;
  const isFresh = (published: Published): boolean =>
    published.jwks !== undefined && clock.now() < published.freshUntilMs;
  const mayAsk = ({ attemptsMs }: Published): boolean => {
    const now = clock.now();
    const lately = attemptsMs.filter((atMs) => now - atMs < 60_000);
    return lately.length < ATTEMPTS_PER_MINUTE && lately.every((atMs) => now - atMs >= PAUSE_MS);
  };

  async function ask(key: string, uri: string, before: Published): Promise<void> {
    const answer = await egress.fetch(uri, {
      purpose: 'client_keys',
      accept: ['application/jwk-set+json', 'application/json', '+json'],
    });
    const jwks = answer.ok ? readPublishedJwks(answer.value.json()) : undefined;
    if (!jwks) logRefused(uri, answer.ok ? 'no usable key set' : answer.error.reason);
    const now = clock.now();
    sets.set(key, {
      ...(answer.ok && jwks ? lifeOf(answer.value, jwks, now) : kept(before)),
      attemptsMs: [...before.attemptsMs.filter((atMs) => now - atMs < 60_000), now],
    });
  }

  return {
    mayDiffer(uri, known) {
      const published = sets.get(keyOf(uri));
      return published === undefined || counted(published) !== known || mayAsk(published);
    },
    isStale(uri, known) {
      const published = sets.get(keyOf(uri));
      return published?.jwks !== known || !isFresh(published);
    },
    async read(uri, known) {
      const key = keyOf(uri);
      const published = sets.get(key) ?? { fetchedMs: 0, freshUntilMs: 0, attemptsMs: [] };
      const isEnough = isFresh(published) && published.jwks !== known;
      if (!isEnough && (published.underWay || mayAsk(published))) {
        published.underWay ??= ask(key, uri, published);
        if (!sets.has(key)) sets.set(key, published);
        await published.underWay;
      }
      return counted(sets.get(key));
    },
  };
}

function lifeOf(answer: EgressResponse, jwks: ClientJwks, nowMs: number): Omit<Published, 'attemptsMs'> {
  const seconds = freshSeconds(answer.header, nowMs, DEFAULT_FRESH_SECONDS);
  return { jwks, fetchedMs: nowMs, freshUntilMs: nowMs + seconds * 1000 };
}

function kept({ jwks, fetchedMs, freshUntilMs }: Published): Omit<Published, 'attemptsMs'> {
  return { ...(jwks && { jwks }), fetchedMs, freshUntilMs };
}
