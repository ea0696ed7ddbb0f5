import { err, ok, type Result } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import { agentsOf, type IssuedToken, readIssuedToken, subjectsOf } from '../core/issued-token.js';
import { issuerOf } from '../core/issuer.js';
import type { TokenDeps } from './token-deps.js';

/** An access token that counts now. */
export interface LiveToken extends IssuedToken {
  /** E-mail of its user. */
  readonly username?: string;
}

/** For logs and events; never told to who presents a token. */
export type TokenRefusal = 'not_an_access_token' | 'revoked' | 'user_inactive' | 'client_inactive' | 'agent_inactive';

type Deps = Pick<TokenDeps, 'clock' | 'baseUrl' | 'verifier' | 'revocationLog' | 'agents'>;

/**
 * The one gate for access tokens inside this service: a token of this org, with our signature, not expired, not revoked by
 * any of its names, whose user, client and every agent may act now.
 */
export function assessToken({ clock, baseUrl, verifier, revocationLog, agents }: Deps) {
  return async (raw: string): Promise<Result<LiveToken, TokenRefusal>> => {
    const issuer = issuerOf(baseUrl, requireOrg().slug);
    const verified = await verifier.verify(raw, { issuer, typ: 'at+jwt' });
    if (!verified.ok) return err('not_an_access_token');
    const read = readIssuedToken(verified.value.claims);
    if (!read.ok || read.value.expiresAt * 1000 <= clock.now()) return err('not_an_access_token');
    const token = read.value;
    const { subject, clientId } = token;

    const [live, agentsLive] = await Promise.all([
      revocationLog.check(
        {
          tokenId: token.tokenId,
          clientId,
          ...(token.originClientId !== undefined && { originClientId: token.originClientId }),
          subjects: subjectsOf(token),
          issuedAt: token.issuedAt,
          ...(token.grantId !== undefined && { grantId: token.grantId }),
          ...(subject.type === 'user' && { userId: subject.id }),
        },
        new Date(clock.now()),
      ),
      agents.areLive(agentsOf(token), token.issuedAt),
    ]);
    if (live.revoked) return err('revoked');
    if (!live.userMayAct) return err('user_inactive');
    if (!agentsLive) return err('agent_inactive');
    // An agent is its own client, and lives in another register.
    const clientMayAct = live.client === 'active' || agentsOf(token).includes(clientId);
    if (!clientMayAct) return err('client_inactive');
    return ok({ ...token, ...(live.username !== undefined && { username: live.username }) });
  };
}

export type AssessToken = ReturnType<typeof assessToken>;
