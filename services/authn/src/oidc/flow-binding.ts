import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { EngineDeps } from './engine-deps.js';

/** A sign-in as it stands in a URL: its id, bound to the browser in which it was started. */
export interface FlowBinding {
  /** The value of the `flow` parameter. */
  flowOf(uid: string, browser: string): string;
  /** The id, where this browser started it; undefined for anything else. */
  openFlow(flow: string | undefined, browser: string | undefined): string | undefined;
  /** What a form of this flow carries to prove that this browser was shown it. */
  csrfOf(uid: string, browser: string): string;
  isCsrf(token: string | undefined, uid: string, browser: string): boolean;
}

/**
 * Nobody can make another person's browser go on with a sign-in that they began (login CSRF, RFC 9700 section 4.7): the
 * browser holds a random cookie, and links and forms carry a MAC over it.
 */
export function createFlowBinding({ mac }: Pick<EngineDeps, 'mac'>, orgId: string): FlowBinding {
  const flowMac = (uid: string, browser: string) => mac('sign-in flow', orgId, uid, browser);
  const csrfOf = (uid: string, browser: string) => mac('sign-in form', orgId, uid, browser);
  return {
    flowOf: (uid, browser) => `${uid}.${flowMac(uid, browser)}`,
    openFlow(flow, browser) {
      const [uid, given, ...rest] = flow?.split('.') ?? [];
      if (!uid || !given || !browser || rest.length > 0) return undefined;
      return isEqual(given, flowMac(uid, browser)) ? uid : undefined;
    },
    csrfOf,
    isCsrf: (token, uid, browser) => token !== undefined && isEqual(token, csrfOf(uid, browser)),
  };
}

export function newBrowserId(): string {
  return randomBytes(24).toString('base64url');
}

function isEqual(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
