import assert from 'node:assert/strict';
import { type Answer, type Http, type Send } from './http.js';

/** What the token endpoint answers (RFC 6749 section 5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly issued_token_type?: string;
}

export interface OAuthProblem {
  readonly error: string;
  readonly error_description?: string;
  readonly [member: string]: unknown;
}

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

type Form = Readonly<Record<string, string>>;

/** The OAuth endpoints of one org, called with plain forms. */
export interface TokenEndpoint {
  token(form: Form | URLSearchParams, how?: Send): Promise<Answer>;
  /** A grant that must succeed. */
  grant(form: Form, how?: Send): Promise<TokenAnswer>;
  /** A grant that must be refused with this error and status. */
  refused(form: Form | URLSearchParams, status: number, error: string, how?: Send): Promise<OAuthProblem>;
  introspect(
    token: string,
    client: { readonly clientId: string; readonly clientSecret: string },
  ): Promise<Introspection>;
}

export interface Introspection {
  readonly active: boolean;
  readonly [claim: string]: unknown;
}

export function tokenEndpoint(http: Http, apiPath: string): TokenEndpoint {
  const token = (form: Form | URLSearchParams, how: Send = {}) =>
    http.send('POST', `${apiPath}/oauth/token`, { ...how, form });
  return {
    token,
    grant: async (form, how) => (await token(form, how)).expect(200).json<TokenAnswer>(),
    async refused(form, status, error, how) {
      const answer = await token(form, how);
      const problem = answer.json<OAuthProblem>();
      assert.deepEqual({ status: answer.status, error: problem.error }, { status, error }, answer.text);
      return problem;
    },
    async introspect(value, { clientId, clientSecret }) {
      const answer = await http.send('POST', `${apiPath}/oauth/introspect`, {
        basic: [clientId, clientSecret],
        form: { token: value },
      });
      return answer.expect(200).json<Introspection>();
    },
  };
}

/** The claims of a JWT without looking at its signature. */
export function claimsOf<T = Readonly<Record<string, unknown>>>(token: string): T {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as T;
}

export function headerOf(token: string): Readonly<Record<string, unknown>> {
  const [header = ''] = token.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
}
