import { deadBefore } from '../core/dead-before.js';
import { LONGEST_ACCESS_TOKEN_SECONDS } from '../core/lifetimes.js';
import { subjectClaim } from '../core/subject.js';
import type { Revocations, Tx } from '../ports.js';
import { sessionEnded } from './end-sessions.js';
import type { TokenDeps } from './token-deps.js';

type Deps = Pick<TokenDeps, 'clock' | 'sessions' | 'grants' | 'revocationLog' | 'outbox'>;

/** How long a gateway may believe what it looked up about a key; far longer than any does. */
const KEY_MEMORY_SECONDS = 600;

/** Ends what was issued to a person, a client or a machine. The events are those of the operation that asks for it. */
export function createRevocations({ clock, sessions, grants, revocationLog, outbox }: Deps): Revocations {
  const entry = (what: Parameters<typeof revocationLog.add>[1]['what'], seconds = LONGEST_ACCESS_TOKEN_SECONDS) => {
    const notBefore = deadBefore(new Date(clock.now()));
    return { what, notBefore, expiresAt: new Date(notBefore.getTime() + seconds * 1000) };
  };
  const subject = (tx: Tx, name: string, seconds?: number) =>
    revocationLog.add(tx, entry({ kind: 'subject', subject: name }, seconds));
  return {
    async revokeUser(tx, userId) {
      const ended = await sessions.end(tx, { userId });
      await outbox.append(tx, ...ended.map((session) => sessionEnded(session, 'revoked')));
      await grants.removeOfUser(tx, userId);
      await subject(tx, subjectClaim({ type: 'user', id: userId }));
    },
    async revokeClient(tx, clientId) {
      await grants.removeOfClient(tx, clientId);
      await revocationLog.add(tx, entry({ kind: 'client', clientId }));
    },
    revokeApiKey: (tx, keyId) => subject(tx, keyId, KEY_MEMORY_SECONDS),
  };
}
