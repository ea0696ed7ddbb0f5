import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { INTERACTION_SECONDS } from '../../core/lifetimes.js';
import { CODE_REUSE, mayUseAgain, REFRESH_REUSE, type Reuse } from '../../core/one-time-use.js';
import type { EngineDeps, EngineOrg } from '../engine-deps.js';
import { PRESENTED_TOKEN } from '../presented-token.js';
import { whyNow } from './grant-adapter.js';
import { unsupported } from './unsupported.js';

/** Codes, refresh tokens and sign-in transactions. */
export function artifactAdapter(model: string, deps: EngineDeps, org: EngineOrg): Adapter {
  const { clock, artifacts, revokeGrant } = deps;
  const reuse = model === 'RefreshToken' ? REFRESH_REUSE : CODE_REUSE;
  const now = () => new Date(clock.now());
  return {
    ...unsupported(model),
    async find(id) {
      if (id === PRESENTED_TOKEN) return undefined;
      const stored = await artifacts.find(model, id, now());
      if (!stored) return undefined;
      const { consumedAt } = stored;
      const consumed = consumedAt !== null && !countsAsUnused(stored, reuse, now());
      return {
        ...completed(model, id, stored.payload as AdapterPayload, org),
        jti: id,
        ...(consumed && { consumed: Math.floor(consumedAt.getTime() / 1000) }),
      };
    },
    async upsert(id, { jti: _value, ...payload }) {
      const saved = await artifacts.save(model, id, {
        payload: stripped(model, payload),
        expiresAt: new Date(((payload.exp ?? 0) + keptSeconds(model)) * 1000),
        ...(payload.grantId && model !== 'Interaction' && { grantId: payload.grantId }),
      });
      if (!saved) throw new errors.InvalidGrant('the grant was revoked meanwhile');
    },
    /** Of parallel requests with one code, one gets here first; the others reveal that it leaked. */
    async consume(id) {
      if (await artifacts.consume(model, id, now(), reuse)) return;
      const stored = await artifacts.find(model, id, now());
      if (typeof stored?.payload.grantId === 'string') await revokeGrant(stored.payload.grantId, whyNow());
      if (model === PUSHED) throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
      throw new errors.InvalidGrant(`${model} already consumed`);
    },
    destroy: (id) => artifacts.remove(model, id),
    /** The grant itself ends in the same moment (grant-adapter.ts) and takes everything with it. */
    revokeByGrantId: async () => undefined,
  };
}

const PUSHED = 'PushedAuthorizationRequest';

/**
 * A pushed request is used when its person has signed in, which may be long after it expired (FAPI 2.0 Security Profile section
 * 5.3.2.2, note 3): until then its row says whether it was used.
 */
function keptSeconds(model: string): number {
  return model === PUSHED ? INTERACTION_SECONDS : 0;
}

/** The grace is for whoever redeems a token; asked about it, a used token is used. */
function countsAsUnused(stored: { consumedAt: Date | null; uses: number }, reuse: Reuse, now: Date): boolean {
  return Provider.ctx?.oidc.route === 'token' && mayUseAgain(stored, reuse, now);
}

/** A sign-in transaction repeats two values that open something: its own id in `returnTo`, and the session cookie. */
function stripped(model: string, payload: AdapterPayload): AdapterPayload {
  if (model !== 'Interaction') return payload;
  const { returnTo: _path, session, ...rest } = payload;
  if (!session) return rest;
  const { cookie: _cookie, ...known } = session;
  return { ...rest, session: known as NonNullable<AdapterPayload['session']> };
}

function completed(model: string, id: string, payload: AdapterPayload, { issuer }: EngineOrg): AdapterPayload {
  return model === 'Interaction' ? { ...payload, returnTo: `${issuer}/oauth/authorize/${id}` } : payload;
}
