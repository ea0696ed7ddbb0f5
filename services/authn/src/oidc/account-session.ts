import type { User } from '../core/user.js';
import { mayAct } from '../core/user.js';
import type { Engine } from './build-engine.js';
import { readCookie } from './cookie-header.js';
import type { EngineDeps } from './engine-deps.js';

/** Who is signed in with the browser that asks. */
export interface AccountSession {
  readonly uid: string;
  readonly user: User;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly acr?: string;
}

/** Undefined where nobody is signed in, or the person may not act now. */
export async function readAccountSession(
  { sessions, users, clock }: Pick<EngineDeps, 'sessions' | 'users' | 'clock'>,
  { cookies }: Pick<Engine, 'cookies'>,
  cookieHeader: string | undefined,
): Promise<AccountSession | undefined> {
  const cookie = readCookie(cookieHeader, cookies.session);
  const payload = cookie && (await sessions.find(cookie, new Date(clock.now())));
  if (!payload) return undefined;
  // Written by the engine (its Session) and by json-sign-in.ts.
  const { uid, accountId, loginTs, amr, acr } = payload as {
    readonly uid: string;
    readonly accountId?: string;
    readonly loginTs?: number;
    readonly amr?: readonly string[];
    readonly acr?: string;
  };
  const user = accountId === undefined ? undefined : await users.byId(accountId);
  if (!user || !mayAct(user)) return undefined;
  return { uid, user, authTime: loginTs ?? 0, amr: amr ?? [], ...(acr !== undefined && { acr }) };
}
