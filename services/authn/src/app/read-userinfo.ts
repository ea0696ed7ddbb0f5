import { err, ok, type Result } from '@lumo/kit';
import { type Subject, subjectClaim } from '../core/subject.js';
import type { AssessToken } from './assess-token.js';
import type { TokenDeps } from './token-deps.js';
import { userClaims } from './user-claims.js';

type Deps = Pick<TokenDeps, 'users' | 'agents' | 'clients' | 'roles'> & { readonly assessToken: AssessToken };

export type Userinfo = Readonly<Record<string, unknown>>;

/** Who an access token is about, as far as it may be told: people by scope, machines as they are (contract 2.14). */
export function readUserinfo(deps: Deps) {
  const about = async (subject: Subject, scopes: readonly string[], tenant: string): Promise<Userinfo | undefined> => {
    if (subject.type === 'user') {
      const user = await deps.users.byId(subject.id);
      return user && { identity_type: 'user', ...(await userClaims(user, scopes, deps)) };
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
    raw: string,
    { slug }: { readonly slug: string },
  ): Promise<Result<Userinfo, 'invalid_token' | 'insufficient_scope'>> => {
    const assessed = await deps.assessToken(raw);
    if (!assessed.ok) return err('invalid_token');
    const { subject, scopes } = assessed.value;
    // Only people have an OpenID Connect profile to protect.
    if (subject.type === 'user' && !scopes.includes('openid')) return err('insufficient_scope');
    const known = await about(subject, scopes, slug);
    return known ? ok({ sub: subjectClaim(subject), tenant: slug, ...known }) : err('invalid_token');
  };
}
