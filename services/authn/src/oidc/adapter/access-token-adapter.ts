import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { AssessToken, LiveToken } from '../../app/assess-token.js';
import { OPAQUE_TOKENS } from '../../core/issued-token.js';
import { subjectClaim } from '../../core/subject.js';
import { factsOf } from '../client-facts.js';
import type { EngineDeps, EngineOrg } from '../engine-deps.js';
import { type RequestFacts, requestFacts } from '../engine-request.js';
import { toClaims } from '../opaque-tokens.js';
import { PRESENTED_TOKEN } from '../presented-token.js';
import { unsupported } from './unsupported.js';

/** Claims that the engine states by itself at introspection. */
const STATED = [
  'active',
  'client_id',
  'exp',
  'iat',
  'iss',
  'jti',
  'aud',
  'scope',
  'cnf',
  'token_type',
  'sid',
  'authorization_details',
  'userinfo_claims',
];

/**
 * Structured access tokens leave no row, opaque ones leave their claims: what the engine asks about one is answered from the
 * token that was presented.
 */
export function accessTokenAdapter(model: string, deps: EngineDeps, org: EngineOrg): Adapter {
  return {
    ...unsupported(model),
    /** Only opaque tokens come here. */
    async upsert(value, payload) {
      const saved = await deps.artifacts.save(OPAQUE_TOKENS, value, {
        payload: toClaims(value, payload, org.issuer),
        expiresAt: new Date((payload.exp ?? 0) * 1000),
        ...(payload.grantId && { grantId: payload.grantId }),
      });
      if (!saved) throw new errors.InvalidGrant('the grant was revoked meanwhile');
    },
    async find(id) {
      // One model answers for all kinds of access tokens; the engine asks each.
      if (id !== PRESENTED_TOKEN || model !== 'AccessToken') return undefined;
      const token = await presentedToken(deps.assessToken);
      return token && toPayload(token, await pairwiseSubject(token, org));
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

/** What the client of the token knows its person as; undefined where that is the id of the person (RFC 7662 section 2.2). */
async function pairwiseSubject({ subject, clientId }: LiveToken, { pairwise }: EngineOrg): Promise<string | undefined> {
  if (subject.type !== 'user') return undefined;
  const client = await Provider.ctx?.oidc.provider.Client.find(clientId);
  const sector = client ? factsOf(client).sector : null;
  return sector === null ? undefined : pairwise(sector, subject.id);
}

/** `grantId` and `accountId` stay out: the gate has judged them, and an access token must not end its grant. */
function toPayload(token: LiveToken, pairwise: string | undefined): AdapterPayload {
  const { claims, confirmation } = token;
  const extra = Object.fromEntries(Object.entries(claims).filter(([name]) => !STATED.includes(name)));
  return {
    kind: 'AccessToken',
    jti: token.tokenId,
    clientId: token.clientId,
    iat: claims.iat,
    exp: claims.exp,
    scope: token.scopes.join(' '),
    ...(claims.aud !== undefined && { aud: claims.aud as string }),
    ...(confirmation?.jkt && { jkt: confirmation.jkt }),
    ...(confirmation?.x5t && { 'x5t#S256': confirmation.x5t }),
    ...(Array.isArray(claims.authorization_details) && { rar: claims.authorization_details }),
    extra: {
      ...extra,
      sub: pairwise ?? subjectClaim(token.subject),
      ...(token.username !== undefined && pairwise === undefined && { username: token.username }),
    },
  };
}
