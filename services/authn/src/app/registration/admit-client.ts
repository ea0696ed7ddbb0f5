import { isDeepStrictEqual } from 'node:util';
import { err, ok, type Result } from '@lumo/kit';
import {
  checkClientIdUrl,
  clientDigest,
  documentTerms,
  isAllowedDomain,
  isDocumentUrl,
  MAX_STALE_SECONDS,
  readClientDocument,
} from '../../core/client-document.js';
import { browserOrigins, type ClientProfile } from '../../core/client-registration.js';
import type { OAuthClient } from '../../core/oauth-client.js';
import type { OrgSettings } from '../../core/org-settings.js';
import type { RegistrationTerms } from '../../core/registration-request.js';
import type { ClientDocumentStore, ClientDocuments, FetchedDocument, KnownDocument } from '../../document-ports.js';
import type { DirectoryDeps } from '../directory-deps.js';

export type AdmitDeps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'settings' | 'clients' | 'outbox'> & {
  readonly documents: ClientDocumentStore;
  readonly remoteDocuments: ClientDocuments;
  readonly authMethods: RegistrationTerms['authMethods'];
  /** Told why a document cannot be used; whoever sent the request is not. */
  readonly refused: (clientId: string, why: string) => void;
};

/** How many clients an org remembers that nobody has allowed anything, and how old one is that makes room. */
const MAX_UNAPPROVED = 500;
const MAKES_ROOM_AFTER_MS = 15 * 60_000;

/**
 * Lets a client in whose id is the address of its metadata document: reads the document where what is known of it is not
 * fresh, and keeps it. Call it where a client can appear for the first time, before anything looks the client up; tokens
 * are issued from what is kept, so that they do not depend on the client's server. Anything but such an id is fine as it is.
 */
export function admitClient(deps: AdmitDeps) {
  return async (clientId: string): Promise<void> => {
    if (!isDocumentUrl(clientId)) return;
    const admitted = await admit(deps, clientId);
    if (!admitted.ok) deps.refused(clientId, admitted.error);
  };
}

async function admit(deps: AdmitDeps, clientId: string): Promise<Result<void, string>> {
  const settings = await deps.settings.read();
  const url = checkClientIdUrl(clientId);
  if (!url.ok) return url;
  if (!settings.auth.cimdEnabled) return err('The organization does not accept client id metadata documents.');
  if (!isAllowedDomain(url.value, settings.auth)) return err('The organization does not accept clients of this host.');
  const [known, client] = await Promise.all([deps.documents.find(clientId), deps.clients.byClientId(clientId)]);
  if (client && (!client.isActive || client.origin !== 'metadata_document')) return err('The client is switched off.');
  const nowMs = deps.clock.now();
  if (client && known && !known.withdrawnAt && known.freshUntil.getTime() > nowMs) return ok(undefined);

  // What the org gives such clients may have grown since; then the document is read again, changed or not.
  const isComplete = client !== undefined && hasEveryScope(client, settings.auth.dynamicClientScopes);
  const fetched = await deps.remoteDocuments.read(clientId, isComplete ? known?.etag : undefined);
  switch (fetched.kind) {
    case 'document':
      return keep(deps, settings, clientId, fetched, client);
    case 'unchanged':
      await deps.documents.extend(clientId, lifeOf(fetched.freshSeconds, nowMs));
      return ok(undefined);
    case 'withdrawn':
      if (client && known && !known.withdrawnAt) await withdraw(deps, client);
      return err('Its server says that there is no such document.');
    case 'failed':
      // The last good one counts while its server is away, and not for ever.
      return client && known && isUsableStale(known, nowMs) ? ok(undefined) : err(fetched.why);
  }
}

function hasEveryScope({ scopes, grantTypes }: OAuthClient, offered: readonly string[]): boolean {
  const canStay = grantTypes.includes('refresh_token');
  return offered.every((scope) => scopes.includes(scope) || (scope === 'offline_access' && !canStay));
}

function isUsableStale({ withdrawnAt, fetchedAt }: KnownDocument, nowMs: number): boolean {
  return withdrawnAt === undefined && fetchedAt.getTime() + MAX_STALE_SECONDS * 1000 > nowMs;
}

/** Writes a client as its document describes it. A document that is not valid leaves what is known as it is. */
async function keep(
  deps: AdmitDeps,
  settings: OrgSettings,
  clientId: string,
  { document, etag, freshSeconds }: Extract<FetchedDocument, { readonly kind: 'document' }>,
  before: OAuthClient | undefined,
): Promise<Result<void, string>> {
  const read = readClientDocument(clientId, document, documentTerms(deps.authMethods, settings.auth), settings.auth);
  if (!read.ok) return read;
  const profile = read.value;
  const nowMs = deps.clock.now();
  const known: KnownDocument = {
    clientId,
    digest: clientDigest(profile) ?? '',
    ...(etag !== undefined && { etag }),
    ...lifeOf(freshSeconds, nowMs),
  };
  if (before) {
    await change(deps, known, profile, before);
    return ok(undefined);
  }
  return add(deps, known, profile);
}

async function add(deps: AdmitDeps, known: KnownDocument, profile: ClientProfile): Promise<Result<void, string>> {
  const { transactions, settings, clients, documents, outbox } = deps;
  const { clientId, fetchedAt } = known;
  const room = new Date(fetchedAt.getTime() - MAKES_ROOM_AFTER_MS);
  const [oldest] = await documents.unapproved(room, 1);
  return transactions.run(async (tx) => {
    // One new client of an org at a time: it also decides who of two parallel requests for one client writes it.
    await settings.lock(tx);
    if (!(await clients.lock(tx, clientId))) {
      if ((await documents.countUnapproved(tx)) >= MAX_UNAPPROVED) {
        if (oldest === undefined) return err('Too many new clients at a time.');
        await clients.remove(tx, oldest);
      }
      await clients.insert(tx, { ...profile, clientId, secrets: [], createdAt: fetchedAt, updatedAt: fetchedAt });
      await outbox.append(tx, {
        name: 'app.created',
        target: { type: 'client', id: clientId, name: profile.name },
        data: { origin: 'metadata_document', digest: known.digest },
      });
    }
    await documents.save(tx, known, profile);
    return ok(undefined);
  });
}

async function change(
  deps: AdmitDeps,
  known: KnownDocument,
  profile: ClientProfile,
  before: OAuthClient,
): Promise<void> {
  const { transactions, clients, documents, outbox } = deps;
  const { clientId, fetchedAt } = known;
  await transactions.run(async (tx) => {
    const { applicationType: _type, origin: _origin, isActive: _active, ...described } = profile;
    if (!isDeepStrictEqual(described, describedPart(before))) {
      await clients.update(tx, clientId, { ...described, browserOrigins: browserOrigins(profile) }, fetchedAt);
      await outbox.append(tx, {
        name: 'app.updated',
        target: { type: 'client', id: clientId, name: profile.name },
        data: { by: 'metadata_document', digest: known.digest, digestBefore: clientDigest(before) },
      });
    }
    await documents.save(tx, known, profile);
  });
}

async function withdraw({ transactions, documents, outbox, clock }: AdmitDeps, client: OAuthClient): Promise<void> {
  await transactions.run(async (tx) => {
    await documents.withdraw(tx, client.clientId, new Date(clock.now()));
    await outbox.append(tx, {
      name: 'app.updated',
      target: { type: 'client', id: client.clientId, name: client.name },
      data: { by: 'metadata_document', withdrawn: true },
    });
  });
}

/** What of a stored client its document says and an update can change. */
function describedPart(client: OAuthClient): Partial<ClientProfile> {
  const {
    id: _id,
    clientId: _clientId,
    secrets: _secrets,
    createdAt: _created,
    updatedAt: _updated,
    ...profile
  } = client;
  const { applicationType: _type, origin: _origin, isActive: _active, ...described } = profile;
  return described;
}

function lifeOf(seconds: number, nowMs: number) {
  return { fetchedAt: new Date(nowMs), freshUntil: new Date(nowMs + seconds * 1000) };
}
