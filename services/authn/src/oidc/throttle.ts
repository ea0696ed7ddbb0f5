import { createHash } from 'node:crypto';
import type { EphemeralStore } from '@lumo/database';
import { POLL_SECONDS, USER_CODE_TRIES_PER_MINUTE } from '../core/approval.js';

/** How often may be asked and tried, counted over every process. */
export interface Throttle {
  /** Whether the client that polls with this code has waited since it asked last. */
  mayPoll(code: string): Promise<boolean>;
  /** Whether this address may try one more user code; each call is a try. */
  mayTryCode(address: string): Promise<boolean>;
}

/** A client that waits as long as it was told may arrive a moment early. */
const PATIENCE_SECONDS = POLL_SECONDS - 1;

export function createThrottle(ephemeral: EphemeralStore): Throttle {
  return {
    mayPoll: (code) =>
      ephemeral.add(`poll:${createHash('sha256').update(code).digest('base64url')}`, '1', PATIENCE_SECONDS),
    async mayTryCode(address) {
      for (let attempt = 1; attempt <= USER_CODE_TRIES_PER_MINUTE; attempt++) {
        if (await ephemeral.add(`user-code:${address}:${attempt}`, '1', 60)) return true;
      }
      return false;
    },
  };
}
