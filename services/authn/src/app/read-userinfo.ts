import { err, ok, type Result } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { SenderConstraint, SenderProof, SenderRefusal } from '@lumo/token-signing';
import { type Subject, subjectClaim } from '../core/subject.js';
import type { AssessToken } from './assess-token.js';
import type { TokenDeps } from './token-deps.js';
import { userClaims } from './user-claims.js';

type Deps = Pick<TokenDeps, 'users' | 'agents' | 'clients' | 'roles'> & {
  readonly assessToken: AssessToken;
  readonly senders: SenderConstraint;
};

export type Userinfo = Readonly<Record<string, unknown>>;

/** What may be told, and about whom to which client. */
export interface ReadUserinfo {
  readonly claims: Userinfo;
  readonly clientId: string;
  /** Absent for a machine. */
  readonly userId?: string;
  /** For the next DPoP proof. */
  readonly nonce?: string;
}

export type UserinfoRefusal =
  | { readonly reason: 'invalid_token' | 'insufficient_scope' }
  | { readonly reason: 'wrong_sender'; readonly sender: SenderRefusal };

/** Who an access token is about, as far as it may be told: people by scope, machines as they are (contract 2.14). */
export function readUserinfo(deps: Deps) {
  const about = async (
    subject: Subject,
    scopes: readonly string[],
    tenant: string,
    named: unknown,
  ): Promise<Userinfo | undefined> => {
    if (subject.type === 'user') {
      const user = await deps.users.byId(subject.id);
      const wanted = Array.isArray(named) ? named.filter((claim) => typeof claim === 'string') : [];
      return user && { identity_type: 'user', ...(await userClaims(user, scopes, deps, wanted)) };
    }
    if (subject.type === 'client') {
      const found = await deps.clients.find(subject.id);
      return found && { identity_type: 'client', client_id: subject.id, name: found.client.name };
    }
    const agent = await deps.agents.client(subject.id);
    return (
      agent && {
        identity_type: 'agent',
        agent_id: agent.agentId,
        client_id: agent.agentId,
        name: agent.name,
        capabilities: agent.capabilities,
        workload_identity: null,
        // SDKs need the member; limits come with budgets.
        budget_policy: {},
        tenant,
      }
    );
  };

  return async (
    { scheme, token }: { readonly scheme: 'bearer' | 'dpop'; readonly token: string },
    proof: SenderProof,
    { slug }: { readonly slug: string },
  ): Promise<Result<ReadUserinfo, UserinfoRefusal>> => {
    const assessed = await deps.assessToken(token);
    if (!assessed.ok) return err({ reason: 'invalid_token' });
    const { subject, scopes, clientId, confirmation, claims } = assessed.value;
    const sent = await deps.senders.check({ scheme, token, confirmation, orgId: requireOrg().id }, proof);
    if (!sent.ok) return err({ reason: 'wrong_sender', sender: sent.error });
    // Only people have an OpenID Connect profile to protect.
    if (subject.type === 'user' && !scopes.includes('openid')) return err({ reason: 'insufficient_scope' });
    const known = await about(subject, scopes, slug, claims.userinfo_claims);
    if (!known) return err({ reason: 'invalid_token' });
    return ok({
      claims: { sub: subjectClaim(subject), tenant: slug, ...known },
      clientId,
      ...(subject.type === 'user' && { userId: subject.id }),
      ...sent.value,
    });
  };
}
