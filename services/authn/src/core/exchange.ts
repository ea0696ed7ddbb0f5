import { err, ok, type Result } from '@lumo/kit';
import type { IssuedToken } from './issued-token.js';
import { subjectClaim } from './subject.js';

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

export interface ExchangeRequest {
  readonly subject: IssuedToken;
  /** Absent where the request has no `actor_token`. */
  readonly actor?: IssuedToken;
  /** The client that authenticated, if any did. */
  readonly authenticatedAs?: { readonly clientId: string; readonly isAgent: boolean };
  /** Empty where the request names none. */
  readonly scopes: readonly string[];
  readonly audience: string;
}

/** What the agent registry decides. */
export interface ExchangeQuestion {
  readonly subjectUserId: string;
  readonly subjectScopes: readonly string[];
  /** First delegate first. */
  readonly chainAgentIds: readonly string[];
  readonly actorAgentId: string;
  readonly actorScopes: readonly string[];
  readonly requestedScopes: readonly string[];
  readonly audience: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly parentDelegationId: string;
}

/** Why an exchange is refused before the agent registry is asked. */
export type ExchangeRefusal =
  | { readonly reason: 'actor_token_required' }
  | { readonly reason: 'actor_not_an_agent' }
  | { readonly reason: 'actor_is_delegated' }
  | { readonly reason: 'subject_not_a_user' }
  | { readonly reason: 'actor_unauthorized' }
  | { readonly reason: 'another_agents_token' }
  | { readonly reason: 'unknown_audience' };

/**
 * Decides by what the tokens say, not by which parameters were sent: leaving out the actor token must never turn a
 * delegated token into a clean one (agents-protocols D-1). What passes is a question for the agent registry.
 */
export function decideExchange(request: ExchangeRequest): Result<ExchangeQuestion, ExchangeRefusal> {
  const { subject, actor, authenticatedAs, audience } = request;
  if (!actor) return err({ reason: 'actor_token_required' });
  if (subject.subject.type !== 'user') return err({ reason: 'subject_not_a_user' });
  if (actor.subject.type !== 'agent') return err({ reason: 'actor_not_an_agent' });
  if (actor.chain.length > 0) return err({ reason: 'actor_is_delegated' });
  if (subject.mayAct && subject.mayAct.sub !== subjectClaim(actor.subject))
    return err({ reason: 'actor_unauthorized' });
  if (authenticatedAs?.isAgent && authenticatedAs.clientId !== actor.subject.id) {
    return err({ reason: 'another_agents_token' });
  }
  if (audience !== '' && audience !== actor.subject.id) return err({ reason: 'unknown_audience' });
  return ok({
    subjectUserId: subject.subject.id,
    subjectScopes: subject.scopes,
    chainAgentIds: subject.chain,
    actorAgentId: actor.subject.id,
    actorScopes: actor.scopes,
    requestedScopes: request.scopes,
    audience: '',
    expiresAt: Math.min(subject.expiresAt, actor.expiresAt),
    parentDelegationId: subject.delegationId ?? '',
  });
}
