import { DomainError } from '@lumo/kit';
import type { ExchangeRefusal } from '../app.js';

/** How a refused exchange is told at the token endpoint (RFC 8693 section 2.2.2; contract 2.6, 4.6). */
export function exchangeRefusal(refusal: ExchangeRefusal): DomainError {
  switch (refusal.reason) {
    case 'expired':
      return invalid('invalid_grant', 'A token of the exchange has ended. Get a new one.');
    case 'actor_inactive':
      return invalid('invalid_grant', 'The actor token is not of an active agent of this organization.');
    case 'chain_broken':
      return invalid('invalid_grant', 'An agent that the subject token came through may no longer act for the user.');
    case 'delegation_ended':
      return invalid('invalid_grant', 'The delegation that the subject token came from has ended. Ask the user again.');
    case 'agent_twice':
      return invalid('invalid_request', 'This agent already acts in the chain of the subject token.');
    case 'too_deep':
      return new DomainError(
        'forbidden',
        'delegation_depth_exceeded',
        `At most ${refusal.max} agents act in one chain. Call the next agent without delegating further.`,
        { details: { max_depth: refusal.max } },
      );
    case 'actor_may_not_act':
      return notAllowed('The agent lacks the capability delegate:on_behalf. Ask an administrator for it.');
    case 'actor_token_too_narrow':
      return notAllowed('The actor token lacks the scope delegate:on_behalf. Ask for it with the agent token.');
    case 'audience_wider':
      return invalid('invalid_target', 'The subject token is bound to another audience.');
    case 'scope_wider':
      return new DomainError(
        'invalid',
        'invalid_scope',
        'A scope was asked for that the user did not grant or the agent does not have. Ask for less, or for none.',
        { details: { scopes: refusal.scopes.slice(0, 20).map((scope) => scope.slice(0, 128)) } },
      );
    case 'too_many_children':
      return new DomainError(
        'exhausted',
        'slow_down',
        'Too many delegations were made from this one. Use the tokens you have until they end.',
        { retryAfterSeconds: 60, details: { max: refusal.max } },
      );
  }
}

function invalid(code: string, message: string): DomainError {
  return new DomainError('invalid', code, message);
}

function notAllowed(message: string): DomainError {
  return new DomainError('forbidden', 'delegation_not_allowed', message);
}
