import type { LumoEvent } from '@lumo/contracts';
import { authzV1 } from '@lumo/contracts';
import { createInProcessTransport, createPublisher, silentLogger } from '@lumo/messaging';
import { ANONYMOUS, createContextCodec, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { type FakeClock, fakeClock, type TestDatabase, testDatabase } from '@lumo/testing';
import { admitClient } from '../app/registration/admit-client.js';
import { verifyPassword } from '../app/verify-password.js';
import { CLIENT_AUTH_METHODS } from '../core/oauth-client.js';
import type { OrgRecord } from '../core/org.js';
import { createDirectory, type Directory } from '../directory.js';
import type { ClientDocumentStore, FetchedDocument } from '../document-ports.js';
import { createPasswordHasher } from '../hashing/argon2-hasher.js';
import type { ClientStore, VerifyPassword } from '../ports.js';
import { createRegistration, type Registration } from '../registration.js';
import { createRoles } from '../rpc/authz-roles.js';
import { createApiKeyStore } from '../store/api-key-store.js';
import { createClientDocumentStore } from '../store/client-document-store.js';
import { createClientRegistrationStore } from '../store/client-registration-store.js';
import { createClientStore } from '../store/client-store.js';
import { createInitialAccessTokenStore } from '../store/initial-access-token-store.js';
import { createLoginFailureStore } from '../store/login-failure-store.js';
import { createOrgStore } from '../store/org-store.js';
import { createResourceStore } from '../store/resource-store.js';
import { createSettingsStore } from '../store/settings-store.js';
import { createTransactions } from '../store/transactions.js';
import { createUserStore } from '../store/user-store.js';
import type { AuthnTables } from '../tables.js';
import { type FakeAuthz, fakeAuthz } from './fake-authz.js';

/** Hashing that costs a test nothing. */
export const CHEAP_HASH = { memoryKib: 64, passes: 1, lanes: 1 };

/** The directory on a real database, with a clock that the test moves and an authz in memory. */
export interface DirectoryStage {
  readonly directory: Directory;
  readonly registration: Registration;
  /** What is found at the address of a sector's document; nothing where there is no entry. */
  readonly sectorDocuments: Map<string, readonly string[]>;
  /** Lets clients in that describe themselves; what servers answer is what a test puts here, by address. */
  readonly clientDocuments: {
    readonly answers: Map<string, FetchedDocument>;
    /** Which address was asked for, with which etag. */
    readonly asked: { readonly url: string; readonly etag: string | undefined }[];
    /** Why a document could not be used. */
    readonly refused: string[];
    readonly store: ClientDocumentStore;
    admit(clientId: string): Promise<void>;
  };
  readonly clients: ClientStore;
  readonly verifyPassword: VerifyPassword;
  readonly database: TestDatabase;
  readonly clock: FakeClock;
  readonly authz: FakeAuthz;
  /** How many passwords were compared, with a hash or with that of nobody. */
  comparisons(): number;
  /** What was revoked, e.g. `user <id>`. */
  readonly revoked: string[];
  newOrg(slug: string): Promise<OrgRecord>;
  /** Runs as a principal of an org; by default as a service, which stands above roles. */
  within<T>(
    org: OrgRecord | undefined,
    work: (ctx: OrgContext) => Promise<T>,
    principal?: Partial<Principal>,
  ): Promise<T>;
  /** The events of an org, oldest first, taken from the outbox. */
  events(org: OrgRecord): Promise<readonly LumoEvent[]>;
  close(): Promise<void>;
}

export type OrgContext = RequestContext & { readonly org: NonNullable<RequestContext['org']> };

export async function openDirectoryStage(): Promise<DirectoryStage> {
  const schema = { name: 'authn', migrations: new URL('../../migrations/', import.meta.url) };
  const database = await testDatabase({ schemas: [schema] });
  const clock = fakeClock();
  const { db } = database.open<AuthnTables>('authn', { maxConnections: 8 });
  const publisher = createPublisher({
    service: 'authn',
    database: { db, ping: async () => undefined },
    logger: silentLogger,
  });
  const transport = createInProcessTransport({ codec: createContextCodec(Buffer.alloc(32, 7)), logger: silentLogger });
  const authz = fakeAuthz();
  await transport.serve([authz.implementation]);
  const revoked: string[] = [];
  const hasher = await createPasswordHasher(CHEAP_HASH);
  const sectorDocuments = new Map<string, readonly string[]>();
  const sectors = { read: async (uri: string) => sectorDocuments.get(uri) };
  let comparisons = 0;
  const counted = <A extends unknown[], R>(compare: (...args: A) => R) => {
    return (...args: A): R => {
      comparisons++;
      return compare(...args);
    };
  };
  const deps = {
    clock,
    outbox: publisher.outbox,
    activity: publisher.activity,
    transactions: createTransactions(db),
    orgs: createOrgStore(db),
    settings: createSettingsStore(db),
    users: createUserStore(db),
    clients: createClientStore(db),
    apiKeys: createApiKeyStore(db),
    instanceKeySha256: Buffer.alloc(32),
    loginFailures: createLoginFailureStore(db),
    registrations: createClientRegistrationStore(db),
    initialAccessTokens: createInitialAccessTokenStore(db),
    sectors,
    resources: createResourceStore(db),
    roles: createRoles(transport.rpc('authn').client(authzV1.AuthzService)),
    hasher: { ...hasher, verify: counted(hasher.verify), verifyNobody: counted(hasher.verifyNobody) },
    revocations: {
      revokeUser: async (_tx: unknown, id: string) => void revoked.push(`user ${id}`),
      revokeClient: async (_tx: unknown, id: string) => void revoked.push(`client ${id}`),
      revokeApiKey: async (_tx: unknown, id: string) => void revoked.push(`key ${id}`),
    },
  };
  const directory = createDirectory(deps);
  const answers = new Map<string, FetchedDocument>();
  const asked: { url: string; etag: string | undefined }[] = [];
  const refused: string[] = [];
  const documents = createClientDocumentStore(db);
  const admit = admitClient({
    ...deps,
    documents,
    remoteDocuments: {
      read: async (url, etag) => {
        asked.push({ url, etag });
        return answers.get(url) ?? { kind: 'failed', why: 'nobody there' };
      },
    },
    authMethods: CLIENT_AUTH_METHODS,
    refused: (_clientId, why) => void refused.push(why),
  });
  const registration = createRegistration({
    ...deps,
    baseUrl: 'https://id.example',
    authMethods: CLIENT_AUTH_METHODS,
  });
  const stage: DirectoryStage = {
    directory,
    registration,
    sectorDocuments,
    clientDocuments: { answers, asked, refused, store: documents, admit },
    clients: deps.clients,
    verifyPassword: verifyPassword(deps),
    database,
    clock,
    authz,
    comparisons: () => comparisons,
    revoked,
    async newOrg(slug) {
      const { org } = await stage.within(undefined, (ctx) => directory.createOrg(ctx, { slug, name: slug }));
      return org;
    },
    within(org, work, principal) {
      // Without an org only calls that need none are made.
      const ctx = {
        ...(org && { org: { id: org.id, slug: org.slug } }),
        principal: { ...ANONYMOUS, type: 'service' as const, id: 'test', ...principal },
        requestId: 'test',
      } as OrgContext;
      return runInContext(ctx, () => work(ctx));
    },
    async events(org) {
      await publisher.flush();
      // In the order of writing, which ids of one millisecond do not keep.
      const rows = await database.admin<{ event: LumoEvent }>(
        'select event from authn.outbox where org_id = $1 order by ctid',
        [org.id],
      );
      return rows.map(({ event }) => event);
    },
    async close() {
      await publisher.close();
      await transport.close();
      await database.close();
    },
  };
  return stage;
}
