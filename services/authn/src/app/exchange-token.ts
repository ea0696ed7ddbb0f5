import { randomUUID } from 'node:crypto';
import { DomainError, toSeconds } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { Confirmation } from '@lumo/token-signing';
import { actClaim, delegationChain } from '../core/act-chain.js';
import { ACCESS_TOKEN_TYPE, decideExchange, type ExchangeRefusal, type ExchangeRequest } from '../core/exchange.js';
import { confirmationClaim, holdsKeysOf, type IssuedToken } from '../core/issued-token.js';
import { issuerOf } from '../core/issuer.js';
import type { AssessToken } from './assess-token.js';
import type { TokenDeps } from './token-deps.js';

export interface ExchangeCommand {
  readonly subjectToken: string;
  readonly subjectTokenType: string;
  readonly actorToken?: string;
  readonly actorTokenType?: string;
  readonly requestedTokenType?: string;
  readonly scope?: string;
  readonly audience?: string;
  readonly authenticatedAs?: ExchangeRequest['authenticatedAs'];
  /** Which keys the sender proved to hold. */
  readonly sender: Confirmation;
}

export interface ExchangedToken {
  readonly accessToken: string;
  readonly tokenId: string;
  readonly issuedTokenType: typeof ACCESS_TOKEN_TYPE;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
  readonly clientId: string;
  readonly userId: string;
  /** What the token is bound to; absent for a bearer token. */
  readonly confirmation?: Confirmation;
}

type Deps = Pick<TokenDeps, 'clock' | 'baseUrl' | 'agents' | 'keySets' | 'activity'> & {
  readonly assessToken: AssessToken;
};

/**
 * RFC 8693 for a user and an agent: a token of the user, usable by the agent alone, that says who acts (contract 4.6).
 * It ends with the first of the tokens it came from, and dies with the user's grant and with the client the user gave it to.
 * A token that is bound to a key is exchanged by who holds that key only, and what comes out is bound to the key.
 */
export function exchangeToken({ clock, baseUrl, agents, keySets, activity, assessToken }: Deps) {
  const read = async (
    raw: string,
    type: string | undefined,
    what: string,
    sender: Confirmation,
  ): Promise<IssuedToken> => {
    if (type !== ACCESS_TOKEN_TYPE) {
      throw invalid('unsupported_token_type', `Send the ${what} with ${what}_type=${ACCESS_TOKEN_TYPE}.`);
    }
    const assessed = await assessToken(raw);
    if (!assessed.ok) throw invalid('invalid_grant', `The ${what} is expired, revoked or not one of ours.`);
    if (!holdsKeysOf(assessed.value.confirmation, sender)) {
      throw invalid('invalid_grant', `The ${what} is bound to a key. Prove that key with this request.`);
    }
    return assessed.value;
  };

  return async (command: ExchangeCommand): Promise<ExchangedToken> => {
    const { requestedTokenType = ACCESS_TOKEN_TYPE, sender } = command;
    if (requestedTokenType !== ACCESS_TOKEN_TYPE) {
      throw invalid('unsupported_token_type', `Only ${ACCESS_TOKEN_TYPE} is issued.`);
    }
    const subject = await read(command.subjectToken, command.subjectTokenType, 'subject_token', sender);
    const actor =
      command.actorToken === undefined
        ? undefined
        : await read(command.actorToken, command.actorTokenType, 'actor_token', sender);
    const decided = decideExchange({
      subject,
      ...(actor && { actor }),
      ...(command.authenticatedAs && { authenticatedAs: command.authenticatedAs }),
      scopes: command.scope?.split(' ').filter(Boolean) ?? [],
      audience: command.audience ?? '',
    });
    if (!decided.ok) throw refusal(decided.error);
    const { actorAgentId, subjectUserId } = decided.value;
    const allowed = await agents.authorizeExchange(decided.value);

    const org = requireOrg();
    const issuer = issuerOf(baseUrl, org.slug);
    const now = toSeconds(clock.now());
    const exp = Math.min(allowed.expiresAt, decided.value.expiresAt);
    if (exp <= now) throw invalid('invalid_grant', 'A token of the exchange has ended. Get a new one.');
    const tokenId = randomUUID();
    const confirmation = bindingOf(sender, [subject, actor]);
    const { auth_time: authTime, acr, amr } = subject.claims;
    const accessToken = await keySets.mint(org.id, {
      typ: 'at+jwt',
      claims: {
        iss: issuer,
        sub: subjectUserId,
        aud: actorAgentId,
        client_id: actorAgentId,
        iat: now,
        exp,
        jti: tokenId,
        scope: allowed.scopes.join(' '),
        tenant: org.slug,
        act: actClaim(issuer, allowed.chainAgentIds),
        delegation_chain: delegationChain(allowed.chainAgentIds),
        delegation_id: allowed.delegationId,
        ...(subject.grantId !== undefined && { grant_id: subject.grantId }),
        origin_client_id: subject.originClientId ?? subject.clientId,
        ...(authTime !== undefined && { auth_time: authTime }),
        ...(acr !== undefined && { acr }),
        ...(amr !== undefined && { amr }),
        ...(confirmation && { cnf: confirmationClaim(confirmation) }),
      },
    });
    activity.record({
      name: 'token.exchanged',
      actor: { type: 'user', id: subjectUserId },
      actorChain: allowed.chainAgentIds.map((id) => ({ type: 'agent', id })),
      target: { type: 'agent', id: actorAgentId },
      data: { tokenId, delegationId: allowed.delegationId, scopes: allowed.scopes },
    });
    return {
      accessToken,
      tokenId,
      issuedTokenType: ACCESS_TOKEN_TYPE,
      expiresInSeconds: exp - now,
      scopes: allowed.scopes,
      clientId: actorAgentId,
      userId: subjectUserId,
      ...(confirmation && { confirmation }),
    };
  };
}

/** Who proves a key gets a token bound to it; a certificate binds where it had bound before. */
function bindingOf({ jkt, x5t }: Confirmation, tokens: readonly (IssuedToken | undefined)[]): Confirmation | undefined {
  if (jkt !== undefined) return { jkt };
  const wasBound = x5t !== undefined && tokens.some((token) => token?.confirmation?.x5t === x5t);
  return wasBound ? { x5t } : undefined;
}

function refusal({ reason }: ExchangeRefusal): DomainError {
  switch (reason) {
    case 'actor_token_required':
      return invalid('invalid_request', 'Send the token of the agent that will act as actor_token.');
    case 'actor_not_an_agent':
      return invalid('invalid_grant', 'The actor_token is not the token of an agent.');
    case 'actor_is_delegated':
      return invalid('invalid_grant', 'The actor_token acts for somebody. Send the own token of the agent.');
    case 'subject_not_a_user':
      return invalid('invalid_grant', 'The subject_token is not the token of a user.');
    case 'actor_unauthorized':
      return invalid('actor_unauthorized', 'The subject_token names another agent that may act.');
    case 'another_agents_token':
      return invalid('invalid_grant', 'The actor_token belongs to another agent than the one that authenticated.');
    case 'unknown_audience':
      return invalid('invalid_target', 'No such resource is registered. Leave out audience and resource.');
  }
}

function invalid(code: string, message: string): DomainError {
  return new DomainError('invalid', code, message);
}
