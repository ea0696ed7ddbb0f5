import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { AssessToken, LiveToken } from '../../app/assess-token.js';
import { subjectClaim } from '../../core/subject.js';
import type { EngineDeps } from '../engine-deps.js';
import { type RequestFacts, requestFacts } from '../engine-request.js';
import { PRESENTED_TOKEN } from '../presented-token.js';
import { unsupported } from './unsupported.js';

/** Claims that the engine states by itself at introspection. */
const STATED = ['active', 'client_id', 'exp', 'iat', 'iss', 'jti', 'aud', 'scope', 'cnf', 'token_type', 'sid'];

/** Access tokens are JWTs and leave no row: what the engine asks about one is answered from the token itself. */
export function accessTokenAdapter(model: string, deps: EngineDeps): Adapter {
  return {
    ...unsupported(model),
    async find(id) {
      // One model answers for all kinds of access tokens; the engine asks each.
      if (id !== PRESENTED_TOKEN || model !== 'AccessToken') return undefined;
      const token = await presentedToken(deps.assessToken);
      return token && toPayload(token);
    },
    async destroy() {
      const token = await presentedToken(deps.assessToken);
      if (token) await deps.revokeAccessToken(token);
    },
    revokeByGrantId: async () => undefined,
  };
}

const assessed = new WeakMap<RequestFacts, Promise<LiveToken | undefined>>();

/** The token of the request in hand, assessed once. */
function presentedToken(assessToken: AssessToken): Promise<LiveToken | undefined> {
  const facts = requestFacts();
  const { presentedToken: raw } = facts;
  if (raw === undefined) return Promise.resolve(undefined);
  const known = assessed.get(facts);
  if (known) return known;
  const token = assessToken(raw).then((result) => (result.ok ? result.value : undefined));
  assessed.set(facts, token);
  return token;
}

/** `grantId` and `accountId` stay out: the gate has judged them, and an access token must not end its grant. */
function toPayload(token: LiveToken): AdapterPayload {
  const { claims } = token;
  const extra = Object.fromEntries(Object.entries(claims).filter(([name]) => !STATED.includes(name)));
  return {
    kind: 'AccessToken',
    jti: token.tokenId,
    clientId: token.clientId,
    iat: claims.iat,
    exp: claims.exp,
    scope: token.scopes.join(' '),
    ...(claims.aud !== undefined && { aud: claims.aud as string }),
    extra: {
      ...extra,
      sub: subjectClaim(token.subject),
      ...(token.username !== undefined && { username: token.username }),
    },
  };
}
