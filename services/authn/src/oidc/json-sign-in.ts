import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import { requireContext, requireOrg } from '@lumo/tenancy';
import { acrOf } from '../core/assurance.js';
import { sessionSeconds } from '../core/lifetimes.js';
import type { PasswordRefusal, VerifyPassword } from '../ports.js';
import type { Engine } from './build-engine.js';
import { readCookie } from './cookie-header.js';
import type { EngineDeps } from './engine-deps.js';

/**
 * A session without a flow: the app's own page asked for the password, and goes on with an authorization request that
 * finds the session. Returns the cookie. Whatever session the browser had before is over.
 */
export function signInWithJson(deps: EngineDeps, verifyPassword: VerifyPassword) {
  const { clock, sessions, users, transactions, outbox, endSessions } = deps;
  return async (
    { org, cookies }: Engine,
    credentials: { readonly login: string; readonly password: string },
    cookieHeader: string | undefined,
  ): Promise<Result<string, PasswordRefusal>> => {
    const { ip, userAgent } = requireContext();
    const verified = await verifyPassword({ ...requireContext(), org: requireOrg() }, credentials);
    if (!verified.ok) return err(verified.error);
    const userId = verified.value.id;
    const now = new Date(clock.now());
    const nowSeconds = Math.floor(now.getTime() / 1000);
    const seconds = sessionSeconds(org.settings.auth, nowSeconds, nowSeconds);
    const [id, uid] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    const before = readCookie(cookieHeader, cookies.session);
    await transactions.run(async (tx) => {
      if (before) await endSessions(tx, { cookie: before }, 'signed_out');
      await sessions.save(
        {
          id,
          uid,
          userId,
          payload: {
            kind: 'Session',
            uid,
            accountId: userId,
            amr: ['pwd'],
            acr: acrOf(['pwd']),
            loginTs: nowSeconds,
            iat: nowSeconds,
            exp: nowSeconds + seconds,
          },
          expiresAt: new Date((nowSeconds + seconds) * 1000),
          ...(ip !== undefined && { ip }),
          ...(userAgent !== undefined && { userAgent }),
        },
        now,
        tx,
      );
      await users.recordLogin(tx, userId, now);
      const user = { type: 'user', id: userId, name: verified.value.email } as const;
      await outbox.append(tx, {
        name: 'auth.login.success',
        actor: user,
        target: user,
        data: { method: 'password', form: 'json' },
      });
    });
    const { secure } = cookies.wide;
    return ok(
      `${cookies.session}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`,
    );
  };
}
