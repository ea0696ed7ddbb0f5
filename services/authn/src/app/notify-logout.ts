import { DomainError, uuidv7 } from '@lumo/kit';
import type { Job } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';
import { issuerOf } from '../core/issuer.js';
import { logoutTokenClaims } from '../core/logout-token.js';
import type { OAuthClient } from '../core/oauth-client.js';
import type { ClientStore, NotificationSender } from '../ports.js';
import type { TokenDeps } from './token-deps.js';

/** One client that has to learn that a session ended. */
export interface LogoutNotification {
  readonly clientId: string;
  readonly userId: string;
  readonly sid?: string;
}

/** Over about two hours, with the queue's growing pauses. */
export const NOTIFICATION_ATTEMPTS = 8;

type Deps = Pick<TokenDeps, 'clock' | 'baseUrl' | 'keySets' | 'transactions' | 'outbox'> & {
  readonly clientStore: Pick<ClientStore, 'byClientId'>;
  /** `sub` that the client knows the person by. */
  subjectAt(client: OAuthClient, userId: string): Promise<string>;
  readonly send: NotificationSender;
};

/**
 * Tells one client by its back channel (OpenID Connect Back-Channel Logout 1.0 section 2.5). Rejects where the client was
 * not reached, so that the queue tries again; after the last attempt an event says that the client does not know.
 */
export function notifyLogout(deps: Deps) {
  const { clock, baseUrl, keySets, clientStore, send, subjectAt } = deps;
  return async ({ clientId, userId, sid }: LogoutNotification, { attempt }: Pick<Job, 'attempt'>): Promise<void> => {
    const client = await clientStore.byClientId(clientId);
    const uri = client?.protocol.backchannelLogoutUri;
    // Deleted, disabled or unregistered meanwhile: nobody is there to be told.
    if (!client?.isActive || !uri) return;
    const org = requireOrg();
    const { signedAlg } = client.protocol.idToken;
    const token = await keySets.mint(org.id, {
      typ: 'logout+jwt',
      ...(signedAlg && { alg: signedAlg }),
      claims: logoutTokenClaims(
        {
          issuer: issuerOf(baseUrl, org.slug),
          clientId,
          subject: await subjectAt(client, userId),
          ...(sid !== undefined && { sid }),
        },
        uuidv7(clock.now()),
        Math.floor(clock.now() / 1000),
      ),
    });
    const outcome = await send(uri, new URLSearchParams({ logout_token: token }));
    if (outcome.ok) return;
    const isLast = attempt >= NOTIFICATION_ATTEMPTS || !outcome.error.worthRetrying;
    if (isLast) await giveUp(deps, clientId, userId, outcome.error.reason);
    if (outcome.error.worthRetrying) {
      throw new DomainError(
        'unavailable',
        'logout_undelivered',
        `A client was not told of a logout: ${outcome.error.reason}.`,
      );
    }
  };
}

function giveUp({ transactions, outbox }: Deps, clientId: string, userId: string, reason: string): Promise<void> {
  return transactions.run((tx) =>
    outbox.append(tx, {
      name: 'session.logout_undelivered',
      result: 'failure',
      target: { type: 'client', id: clientId },
      data: { userId, reason },
    }),
  );
}
