import { createHash } from 'node:crypto';
import { DomainError, newSecret } from '@lumo/kit';
import { type RequestContext, requireOrg } from '@lumo/tenancy';
import { draftClient } from '../../core/client-registration.js';
import { issuerOf } from '../../core/issuer.js';
import type { OrgSettings } from '../../core/org-settings.js';
import { type RegistrationTerms, readRegistration } from '../../core/registration-request.js';
import { registrationResponse } from '../../core/registration-response.js';
import { requireMayGrant } from '../caller-authority.js';
import { placeClient } from '../create-client.js';
import type { DirectoryDeps } from '../directory-deps.js';
import { type Admission, admitRegistration, type RegistrationCredential } from './admit-registration.js';
import { checkSector } from './check-sector.js';
import { inWordsOfRegistration, refused, refusedMetadata } from './registration-refusals.js';

export type RegistrationDeps = DirectoryDeps & {
  readonly baseUrl: string;
  /** How clients can authenticate at this installation. */
  readonly authMethods: RegistrationTerms['authMethods'];
};

/** The answer of the registration endpoint, in the words of RFC 7591. */
export type RegistrationAnswer = Readonly<Record<string, unknown>>;

/** Registers a client that describes itself (RFC 7591): read, admit, judge like any client, count, save. */
export function registerClient(deps: RegistrationDeps) {
  return async (
    callerCtx: RequestContext,
    credential: RegistrationCredential,
    metadata: Readonly<Record<string, unknown>>,
  ): Promise<RegistrationAnswer> => {
    const settings = await deps.settings.read();
    const admission = await admitRegistration(deps, callerCtx, settings, credential);
    const draft = readRegistration(metadata, termsFor(deps, settings, admission));
    if (!draft.ok) throw refused(draft.error);
    const profile = draftClient(draft.value, 'dynamic');
    if (!profile.ok) throw refusedMetadata(profile.error);
    if (admission.madeWith === 'api_key') await requireMayGrant(deps, admission.ctx, profile.value.scopes);
    await inWordsOfRegistration(() => checkSector(deps.sectors, profile.value));

    const token = newSecret('rat');
    const created = await deps.transactions.run(async (tx) => {
      // One registration of an org at a time: a quota that two can pass together is none.
      const { auth } = await deps.settings.lock(tx);
      if ((await deps.registrations.countClients(tx)) >= auth.dynamicClientQuota) throw quotaReached();
      const { initialAccessTokenId, madeWith, ctx } = admission;
      const now = new Date(deps.clock.now());
      if (initialAccessTokenId && !(await deps.initialAccessTokens.spend(tx, initialAccessTokenId, now))) {
        throw new DomainError('unauthenticated', 'invalid_token', 'This initial access token was used up meanwhile.');
      }
      const { principal } = ctx;
      const placed = await placeClient(deps, tx, profile.value, {
        data: { origin: 'dynamic', madeWith, ...(initialAccessTokenId && { initialAccessTokenId }) },
        ...(madeWith === 'api_key' && {
          actor: { type: principal.type, id: principal.id, ...(principal.name && { name: principal.name }) },
        }),
      });
      const { clientId } = placed.client;
      await deps.registrations.insert(tx, { clientId, tokenSha256: sha256(token), madeWith }, now);
      return placed;
    });
    return registrationResponse(created.client, {
      ...(created.secret !== undefined && { secret: created.secret }),
      registrationAccessToken: token,
      registrationClientUri: registrationUri(deps.baseUrl, created.client.clientId),
    });
  };
}

/** What the org lets a client ask for that nobody vouches for; a key of the org vouches for what it may give itself. */
export function termsFor(
  { authMethods }: Pick<RegistrationDeps, 'authMethods'>,
  { auth }: OrgSettings,
  { madeWith }: Pick<Admission, 'madeWith'>,
): RegistrationTerms {
  return {
    authMethods,
    scopes: madeWith === 'api_key' ? undefined : auth.dynamicClientScopes,
    requiresPkce: auth.dynamicClientRequiresPkce,
  };
}

export function registrationUri(baseUrl: string, clientId: string): string {
  return `${issuerOf(baseUrl, requireOrg().slug)}/connect/register/${encodeURIComponent(clientId)}`;
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function quotaReached(): DomainError {
  return new DomainError(
    'conflict',
    'limit_reached',
    'This organization has as many self-registered clients as it allows. Ask an administrator to remove some or to raise the limit.',
  );
}
