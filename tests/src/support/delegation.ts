import type { Answer, Send } from './http.js';
import type { OrgWorld } from './org-world.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE, type TokenAnswer } from './tokens.js';

/** The `act` claim of RFC 8693 section 4.1. */
export interface Act {
  readonly iss: string;
  readonly sub: string;
  readonly act?: Act;
}

export interface DelegatedClaims {
  readonly sub: string;
  readonly scope: string;
  readonly exp: number;
  readonly act: Act;
  readonly delegation_chain: readonly string[];
}

/** The form of an exchange, exactly as the public SDKs send it: no client authentication. */
export function exchangeForm(
  subject: string,
  actor: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    grant_type: TOKEN_EXCHANGE,
    subject_token: subject,
    subject_token_type: ACCESS_TOKEN_TYPE,
    actor_token: actor,
    actor_token_type: ACCESS_TOKEN_TYPE,
    ...more,
  };
}

/** A delegated token of an exchange that must succeed. */
export async function delegate(
  org: OrgWorld,
  subject: string,
  actor: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const tokens = await org.oauth.grant(exchangeForm(subject, actor, more));
  return (tokens satisfies TokenAnswer).access_token;
}

export async function ask(org: OrgWorld, bearer: string, body: object, how: Send = {}): Promise<Answer> {
  return org.http.send('POST', `${org.api}/agents/ask`, { ...how, bearer, json: body });
}
