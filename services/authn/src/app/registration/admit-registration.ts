import { createHash } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { mayRegister } from '../../core/admin-authority.js';
import { isKeyUsable } from '../../core/api-key.js';
import type { OrgSettings } from '../../core/org-settings.js';
import type { MadeWith } from '../../registration-ports.js';
import type { DirectoryDeps } from '../directory-deps.js';

/** What a request to the registration endpoint presents. */
export interface RegistrationCredential {
  /** `Authorization: Bearer`: an initial access token, or an API key. */
  readonly bearer?: string;
  /** `X-API-Key`. */
  readonly apiKey?: string;
}

export interface Admission {
  readonly madeWith: MadeWith;
  readonly initialAccessTokenId?: string;
  /** The caller's own context, or that of the key. */
  readonly ctx: RequestContext;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'apiKeys' | 'initialAccessTokens'>;

/**
 * Who may register a client (contract 2.15): a key of the org with the right to; a holder of an initial access token where
 * the org gives them out; anybody where it is open. A credential that is not accepted is never taken for none.
 */
export async function admitRegistration(
  { clock, apiKeys, initialAccessTokens }: Deps,
  ctx: RequestContext,
  { auth }: OrgSettings,
  { bearer, apiKey }: RegistrationCredential,
): Promise<Admission> {
  const presented = apiKey ?? bearer;
  if (presented === undefined) {
    if (auth.dynamicRegistration === 'open') return { madeWith: 'nothing', ctx };
    throw new DomainError(
      'unauthenticated',
      'access_denied',
      'Registration needs an API key with the scope admin:clients:register, or an initial access token of this organization.',
    );
  }
  const sha256 = createHash('sha256').update(presented).digest();
  const now = new Date(clock.now());
  const key = await apiKeys.byHash(sha256);
  if (key && isKeyUsable(key, now)) {
    if (!mayRegister(key.scopes)) {
      throw new DomainError('forbidden', 'access_denied', 'This API key lacks the scope admin:clients:register.');
    }
    await apiKeys.touch(key.keyId, now);
    const principal = { type: 'api_key', id: key.keyId, name: key.name, scopes: key.scopes, actors: [] } as const;
    return { madeWith: 'api_key', ctx: { ...ctx, principal } };
  }
  const token = apiKey === undefined ? await initialAccessTokens.usable(sha256, now) : undefined;
  if (!token)
    throw new DomainError('unauthenticated', 'invalid_token', 'This credential is unknown, used up or expired.');
  if (auth.dynamicRegistration === 'closed') {
    throw new DomainError('forbidden', 'access_denied', 'This organization does not accept initial access tokens now.');
  }
  return { madeWith: 'initial_access_token', initialAccessTokenId: token.id, ctx };
}
