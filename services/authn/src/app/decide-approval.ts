import { randomBytes } from 'node:crypto';
import type { ApprovalStore } from '../approval-ports.js';
import type { Approval } from '../core/approval.js';
import { refreshTokenSeconds } from '../core/lifetimes.js';
import type { OAuthClient } from '../core/oauth-client.js';
import type { OrgSettings } from '../core/org-settings.js';
import { PERSONAL_SCOPES } from '../core/requested-scopes.js';
import type { TokenDeps } from './token-deps.js';

/** Who answers, and how and when this person signed in. */
export interface Approver {
  readonly userId: string;
  readonly email: string;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly acr?: string;
}

export interface Answer {
  readonly approval: Approval;
  readonly client: OAuthClient;
  readonly approver: Approver;
  readonly allow: boolean;
  readonly settings: OrgSettings;
}

type Deps = Pick<TokenDeps, 'clock' | 'transactions' | 'grants' | 'consents' | 'outbox'> & {
  readonly approvals: ApprovalStore;
};

/**
 * Settles what a client waits for. Allowed: a grant of its own, which no sign-out of the answering browser ends, because the
 * device has nothing to do with that browser. False where it was answered or ran out before.
 */
export function decideApproval({ clock, transactions, grants, consents, outbox, approvals }: Deps) {
  return async ({ approval, client, approver, allow, settings }: Answer): Promise<boolean> => {
    const now = new Date(clock.now());
    const user = { type: 'user', id: approver.userId, name: approver.email } as const;
    const target = { type: 'client', id: client.clientId, name: client.name } as const;
    const { scopes, resources } = approval.request;
    if (!allow) {
      return transactions.run(async (tx) => {
        const settled = await approvals.settle(tx, approval, { denied: true }, now);
        if (settled) await outbox.append(tx, { name: 'consent.denied', actor: user, target, data: { scopes } });
        return settled;
      });
    }
    const personal = scopes.filter((scope) => PERSONAL_SCOPES.has(scope));
    const { id: grantId } = await grants.open(
      {
        id: randomBytes(32).toString('base64url'),
        sessionUid: approval.id,
        userId: approver.userId,
        clientId: client.clientId,
        payload: {
          kind: 'Grant',
          accountId: approver.userId,
          clientId: client.clientId,
          openid: { scope: personal.join(' ') },
          resources: Object.fromEntries(resources.map((resource) => [resource, scopes.join(' ')])),
        },
        accessTokenSeconds: client.accessTokenLifetimeSeconds ?? settings.auth.accessTokenLifetimeSeconds,
        expiresAt: new Date(now.getTime() + refreshTokenSeconds(client, settings.auth) * 1000),
      },
      now,
    );
    const { authTime, amr, acr } = approver;
    const payload = {
      accountId: approver.userId,
      authTime,
      amr,
      ...(acr !== undefined && { acr }),
      scope: scopes.join(' '),
      resource: resources.length === 1 ? resources[0] : resources,
    };
    return transactions.run(async (tx) => {
      const settled = await approvals.settle(tx, approval, { grantId, payload }, now);
      if (!settled) return false;
      await consents.add(tx, { userId: approver.userId, clientId: client.clientId, scopes, claims: [] }, now);
      await outbox.append(tx, { name: 'consent.granted', actor: user, target, data: { scopes, by: approval.kind } });
      return true;
    });
  };
}
