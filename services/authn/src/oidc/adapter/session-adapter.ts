import { currentContext } from '@lumo/tenancy';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import type { StoredSession } from '../../oidc-ports.js';
import type { EngineDeps } from '../engine-deps.js';
import { rememberEnded } from '../front-channel-logout.js';
import { unsupported } from './unsupported.js';

/** Browser sessions. The cookie value is the key and is stored as a hash only. */
export function sessionAdapter(deps: EngineDeps): Adapter {
  const { clock, sessions, users, transactions, outbox } = deps;
  const now = () => new Date(clock.now());

  /** The session, the count and the event of a sign-in hold together. */
  const signIn = async (session: StoredSession, userId: string): Promise<void> => {
    const email = (await users.byId(userId))?.email;
    const user = { type: 'user', id: userId, ...(email !== undefined && { name: email }) } as const;
    await transactions.run(async (tx) => {
      await sessions.save(session, now(), tx);
      await users.recordLogin(tx, userId, now());
      const { clientId, name } = signInClient();
      await outbox.append(tx, {
        name: 'auth.login.success',
        actor: user,
        target: user,
        data: { method: 'password', ...(clientId && { clientId }), ...(name && { clientName: name }) },
      });
    });
  };

  return {
    ...unsupported('Session'),
    async find(id) {
      const payload = await sessions.find(id, now());
      return payload && { ...payload, jti: id };
    },
    async findByUid(uid) {
      return (await sessions.findByUid(uid, now())) as AdapterPayload | undefined;
    },
    async upsert(id, { jti: _cookie, ...payload }) {
      const { uid, accountId, exp } = payload;
      // The engine also wants to keep what is nobody's session: a stale cookie, a sign-out of no one.
      if (accountId === undefined) return;
      const { ip, userAgent } = currentContext() ?? {};
      const session: StoredSession = {
        id,
        uid: uid ?? id,
        payload,
        userId: accountId,
        expiresAt: new Date((exp ?? 0) * 1000),
        ...(ip !== undefined && { ip }),
        ...(userAgent !== undefined && { userAgent }),
      };
      if (isSignIn(accountId)) await signIn(session, accountId);
      else await sessions.save(session, now());
    },
    async destroy(id) {
      // The engine destroys the old cookie of a session that goes on under a new one, and the current one to sign out.
      if (Provider.ctx?.oidc.session?.jti === id) {
        rememberEnded(await transactions.run((tx) => deps.endSessions(tx, { cookie: id }, 'signed_out')));
      } else await sessions.remove(id);
    },
  };
}

/**
 * Whether the request in hand turns a checked password into a session. A consent that follows repeats the result, and the
 * step for it may be prepared before the session is saved: what that one repeats is the result in hand.
 */
function isSignIn(accountId: string): boolean {
  const oidc = Provider.ctx?.oidc;
  const result = oidc?.result;
  const last = oidc?.entities.Interaction?.lastSubmission;
  const before = last === result && result?.consent === undefined ? undefined : last?.login;
  return result?.login?.accountId === accountId && before === undefined;
}

function signInClient(): { readonly clientId?: string; readonly name?: string } {
  const client = Provider.ctx?.oidc.client;
  return { ...(client && { clientId: client.clientId, ...(client.clientName && { name: client.clientName }) }) };
}
