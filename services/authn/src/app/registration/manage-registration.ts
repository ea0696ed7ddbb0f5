import { timingSafeEqual } from 'node:crypto';
import { DomainError, newSecret } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { changeClient, draftClient } from '../../core/client-registration.js';
import { matchesClientSecret, type OAuthClient } from '../../core/oauth-client.js';
import { readRegistration } from '../../core/registration-request.js';
import { registrationResponse } from '../../core/registration-response.js';
import type { ClientRegistration } from '../../registration-ports.js';
import { changeClientRow } from '../change-client.js';
import {
  type RegistrationAnswer,
  type RegistrationDeps,
  registrationUri,
  sha256,
  termsFor,
} from './register-client.js';
import { inWordsOfRegistration, refused, refusedMetadata, unknownRegistration } from './registration-refusals.js';

/** A client that presents the token of its registration, and the client itself. */
interface Opened {
  readonly registration: ClientRegistration;
  readonly client: OAuthClient;
}

/** What a client must not send in an update (RFC 7592 section 2.2): the server decides about these. */
const OF_THE_SERVER = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

/** Unknown client, wrong token, disabled client: nobody learns which. */
async function open(deps: RegistrationDeps, clientId: string, token: string | undefined): Promise<Opened> {
  const [registration, client] = await Promise.all([
    deps.registrations.find(clientId),
    deps.clients.byClientId(clientId),
  ]);
  const given = sha256(token ?? '');
  const known = registration?.tokenSha256 ?? Buffer.alloc(given.length);
  const isRight = timingSafeEqual(known, given) && token !== undefined;
  if (!isRight || !registration || !client?.isActive || client.origin !== 'dynamic') throw unknownRegistration();
  return { registration, client };
}

/** RFC 7592 section 2.1. The secret is stored as a hash, so that it is not in the answer. */
export function readRegisteredClient(deps: RegistrationDeps) {
  return async (_ctx: RequestContext, clientId: string, token: string | undefined): Promise<RegistrationAnswer> => {
    const { client } = await open(deps, clientId, token);
    return registrationResponse(client, { registrationClientUri: registrationUri(deps.baseUrl, clientId) });
  };
}

/**
 * RFC 7592 section 2.2: the metadata that is sent takes the place of all there was, judged like a new registration. What an
 * administrator decided (profile, format and life of tokens, scopes beyond the usual) stays. The token changes with it.
 */
export function replaceRegisteredClient(deps: RegistrationDeps) {
  return async (
    _ctx: RequestContext,
    clientId: string,
    token: string | undefined,
    metadata: Readonly<Record<string, unknown>>,
  ): Promise<RegistrationAnswer> => {
    const { client, registration } = await open(deps, clientId, token);
    refuseServerMembers(metadata);
    if (metadata.client_id !== clientId) throw badMember('client_id', 'It is not the one of this registration.');
    const now = new Date(deps.clock.now());
    const { client_secret: secret } = metadata;
    if (secret !== undefined && !(typeof secret === 'string' && matchesClientSecret(client.secrets, secret, now))) {
      throw badMember('client_secret', 'It is not the current one. Leave it out, or send it as it is.');
    }
    const settings = await deps.settings.read();
    const terms = termsFor(deps, settings, registration);
    const allowed = terms.scopes && [...terms.scopes, ...client.scopes];
    const draft = readRegistration(metadata, { ...terms, scopes: allowed });
    if (!draft.ok) throw refused(draft.error);

    const next = newSecret('rat');
    const changed = await inWordsOfRegistration(() =>
      changeClientRow(deps, {
        clientId,
        change(before) {
          const { profile, claimsParameter, accessTokenFormat } = before.protocol;
          const fresh = draftClient(
            {
              ...draft.value,
              protocol: {
                ...(accessTokenFormat === 'opaque' && { accessTokenFormat }),
                ...draft.value.protocol,
                profile,
                claimsParameter,
              },
            },
            'dynamic',
          );
          if (!fresh.ok) return fresh;
          const { isFirstParty, isActive, allowedOrigins, resourceMode } = before;
          const { accessTokenLifetimeSeconds, refreshTokenLifetimeSeconds } = before;
          const { applicationType, tokenEndpointAuthMethod, requiresPkce } = fresh.value;
          // Judged once more as a change, which knows what can never change.
          return changeClient(
            {
              ...fresh.value,
              applicationType: before.applicationType,
              tokenEndpointAuthMethod: before.tokenEndpointAuthMethod,
            },
            {
              applicationType,
              tokenEndpointAuthMethod,
              requiresPkce: requiresPkce || before.requiresPkce,
              isFirstParty,
              isActive,
              allowedOrigins,
              resourceMode,
              accessTokenLifetimeSeconds: accessTokenLifetimeSeconds ?? null,
              refreshTokenLifetimeSeconds: refreshTokenLifetimeSeconds ?? null,
            },
          );
        },
        async within(tx) {
          // Of two updates with one token the second finds that it has changed.
          const locked = await deps.registrations.lock(tx, clientId);
          if (!locked?.tokenSha256.equals(registration.tokenSha256)) throw unknownRegistration();
          await deps.registrations.rotate(tx, clientId, sha256(next), now);
        },
        givesSecret: true,
        event: {
          actor: { type: 'client', id: clientId, name: client.name },
          data: { fields: Object.keys(metadata).slice(0, 60), by: 'registration' },
        },
      }),
    );
    return registrationResponse(changed.client, {
      ...(changed.secret !== undefined && { secret: changed.secret }),
      registrationAccessToken: next,
      registrationClientUri: registrationUri(deps.baseUrl, clientId),
    });
  };
}

/** RFC 7592 section 2.3. Everything that was issued to it ends. */
export function removeRegisteredClient(deps: RegistrationDeps) {
  return async (_ctx: RequestContext, clientId: string, token: string | undefined): Promise<void> => {
    const { client, registration } = await open(deps, clientId, token);
    await deps.transactions.run(async (tx) => {
      const locked = await deps.registrations.lock(tx, clientId);
      if (!locked?.tokenSha256.equals(registration.tokenSha256)) throw unknownRegistration();
      await deps.revocations.revokeClient(tx, clientId);
      await deps.clients.remove(tx, clientId);
      const self = { type: 'client', id: clientId, name: client.name } as const;
      await deps.outbox.append(tx, { name: 'app.deleted', actor: self, target: self, data: { by: 'registration' } });
    });
  };
}

function refuseServerMembers(metadata: Readonly<Record<string, unknown>>): void {
  const member = OF_THE_SERVER.find((name) => metadata[name] !== undefined);
  if (member) throw badMember(member, 'Leave it out of an update (RFC 7592 section 2.2).');
}

function badMember(member: string, message: string): DomainError {
  return refusedMetadata({ [member]: message });
}
