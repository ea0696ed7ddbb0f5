import { hash } from 'node:crypto';
import { type Clock, ok, type Result } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import type { KeySource } from './key-source.js';
import { MAX_TOKEN_CHARS } from './token-header.js';
import { type JwtExpectation, type JwtRefusal, type VerifiedJwt, verifyJwt } from './verify-jwt.js';

export interface TokenVerifierOptions {
  readonly keys: KeySource;
  readonly clock: Clock;
  /** Verified tokens kept in memory. */
  readonly maxTokens?: number;
  /** How long a verification is believed at most: bounds how long a withdrawn signing key matters. */
  readonly maxAgeSeconds?: number;
}

/** Verifies JWTs and remembers the good ones until they expire. */
export interface TokenVerifier {
  /** As `verifyJwt`. Whether the token was revoked since is for the caller to ask, every time. */
  verify(token: string, expected: JwtExpectation): Promise<Result<VerifiedJwt, JwtRefusal>>;
}

interface Remembered {
  readonly jwt: VerifiedJwt;
  readonly untilMs: number;
}

/** A `verifyJwt` with a bounded memory, keyed by SHA-256 of token and expectation: no token is kept in clear. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keys, clock, maxTokens = 10_000, maxAgeSeconds = 300 } = options;
  const remembered = new LRUCache<string, Remembered>({ max: maxTokens });

  return {
    async verify(token, expected) {
      // A giant is refused without being hashed.
      if (token.length > MAX_TOKEN_CHARS) return verifyJwt(token, keys, expected, clock.now());
      const name = digest(token, expected);
      const known = remembered.get(name);
      if (known && known.untilMs > clock.now()) return ok(known.jwt);
      const now = clock.now();
      const result = await verifyJwt(token, keys, expected, now);
      if (result.ok) {
        const untilMs = Math.min(result.value.claims.exp * 1000, now + maxAgeSeconds * 1000);
        remembered.set(name, { jwt: result.value, untilMs });
      }
      return result;
    },
  };
}

function digest(token: string, expected: JwtExpectation): string {
  const { issuer, audience, typ, clockToleranceSeconds } = expected;
  const expectation = JSON.stringify([issuer, audience ?? null, typ, clockToleranceSeconds ?? null]);
  return hash('sha256', `${expectation}\n${token}`, 'base64');
}
