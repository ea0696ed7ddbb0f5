import { err, ok, type Result } from '@lumo/kit';
import { orgOfOpaqueToken, requireOrg } from '@lumo/tenancy';
import type { JwtClaims } from '@lumo/token-signing';
import { agentsOf, type IssuedToken, OPAQUE_TOKENS, readIssuedToken, subjectsOf } from '../core/issued-token.js';
import { issuerOf } from '../core/issuer.js';
import type { TokenDeps } from './token-deps.js';

/** An access token that counts now. */
export interface LiveToken extends IssuedToken {
  /** E-mail of its user. */
  readonly username?: string;
}

/** For logs and events; never told to who presents a token. */
export type TokenRefusal = 'not_an_access_token' | 'revoked' | 'user_inactive' | 'client_inactive' | 'agent_inactive';

type Deps = Pick<TokenDeps, 'clock' | 'baseUrl' | 'verifier' | 'revocationLog' | 'agents' | 'artifacts'>;

/**
 * The one gate for access tokens inside this service: a token of this org, with our signature or in our store, not expired,
 * not revoked by any of its names, whose user, client and every agent may act now. Whether who presents it also holds the
 * key that it is bound to (`confirmation`) is for the caller to ask.
 */
export function assessToken(deps: Deps) {
  const { clock, baseUrl, verifier, artifacts } = deps;
  const judge = judgeClaims(deps);
  const claimsOf = async (raw: string): Promise<JwtClaims | undefined> => {
    const { id, slug } = requireOrg();
    const orgId = orgOfOpaqueToken(raw);
    if (orgId !== undefined) {
      const stored = orgId === id ? await artifacts.find(OPAQUE_TOKENS, raw, new Date(clock.now())) : undefined;
      // Only the adapter of the engine fills these rows, with what a structured token would say.
      return stored?.payload as JwtClaims | undefined;
    }
    const verified = await verifier.verify(raw, { issuer: issuerOf(baseUrl, slug), typ: 'at+jwt' });
    return verified.ok ? verified.value.claims : undefined;
  };
  return async (raw: string): Promise<Result<LiveToken, TokenRefusal>> => {
    const claims = await claimsOf(raw);
    return claims ? judge(claims) : err('not_an_access_token');
  };
}

/** What an opaque token stands for, for a gateway that knows its SHA-256; undefined where it does not count now. */
export function findAccessToken(deps: Deps) {
  const judge = judgeClaims(deps);
  return async (sha256: Buffer): Promise<JwtClaims | undefined> => {
    const stored = await deps.artifacts.findBySha256(OPAQUE_TOKENS, sha256, new Date(deps.clock.now()));
    const judged = stored && (await judge(stored.payload as JwtClaims));
    return judged?.ok ? judged.value.claims : undefined;
  };
}

/** Whether a token with these claims, which are surely ours, counts now. */
function judgeClaims({ clock, revocationLog, agents }: Deps) {
  return async (claims: JwtClaims): Promise<Result<LiveToken, TokenRefusal>> => {
    const read = readIssuedToken(claims);
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
