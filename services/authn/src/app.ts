import { createHash } from 'node:crypto';
import { authzV1 } from '@lumo/contracts';
import { instanceKeyOf, type Platform } from '@lumo/service';
import {
  changeDetailType,
  createDetailType,
  deleteDetailType,
  listDetailTypes,
  readDetailType,
} from './app/detail-types.js';
import type { DirectoryDeps } from './app/directory-deps.js';
import { verifyPassword } from './app/verify-password.js';
import { type AuthnConfig, readAuthnConfig } from './config.js';
import { issuerOf } from './core/issuer.js';
import { offeredAuthMethods } from './core/offered-auth-methods.js';
import { createDirectory, type Directory } from './directory.js';
import { createPasswordHasher } from './hashing/argon2-hasher.js';
import { createTokenEnd, type Oidc } from './oidc/create-oidc.js';
import type { VerificationSource, VerifyPassword } from './ports.js';
import { createRegistration, type Registration } from './registration.js';
import { createSectorDocuments } from './remote/sector-documents.js';
import { createRoles } from './rpc/authz-roles.js';
import { createApiKeyStore } from './store/api-key-store.js';
import { createClientRegistrationStore } from './store/client-registration-store.js';
import { createClientStore } from './store/client-store.js';
import { createInitialAccessTokenStore } from './store/initial-access-token-store.js';
import { createLoginFailureStore } from './store/login-failure-store.js';
import { createOrgStore } from './store/org-store.js';
import { createSettingsStore } from './store/settings-store.js';
import { createTransactions } from './store/transactions.js';
import { createUserStore } from './store/user-store.js';
import type { AuthnTables } from './tables.js';

/** Every operation of the identity core, ready to be called by HTTP, RPC and the seeder. */
export interface AuthnApp extends Directory, Registration {
  readonly verifyPassword: VerifyPassword;
  /** What GetVerificationKeys and ListRevocations answer. */
  readonly verification: VerificationSource;
  readonly oidc: Oidc;
  /** Types of authorization details (RFC 9396). */
  readonly detailTypes: {
    readonly list: ReturnType<typeof listDetailTypes>;
    readonly read: ReturnType<typeof readDetailType>;
    readonly create: ReturnType<typeof createDetailType>;
    readonly change: ReturnType<typeof changeDetailType>;
    readonly remove: ReturnType<typeof deleteDetailType>;
  };
  issuerOf(slug: string): string;
}

/** Composes the service by hand: stores, then the protocol engine, then one closure for each operation. */
export async function createApp(
  platform: Platform<AuthnTables>,
  config: AuthnConfig = readAuthnConfig(process.env),
): Promise<AuthnApp> {
  const { db } = platform.database;
  const { clock, outbox, activity } = platform;
  const parts = {
    transactions: createTransactions(db),
    orgs: createOrgStore(db),
    settings: createSettingsStore(db),
    users: createUserStore(db),
    clients: createClientStore(db),
    roles: createRoles(platform.rpc.client(authzV1.AuthzService)),
  };
  const tokens = createTokenEnd(platform, parts, config.mutualTls);
  const deps: DirectoryDeps = {
    ...parts,
    ...tokens.writing,
    clock,
    outbox,
    activity,
    revocations: tokens.revocations,
    apiKeys: createApiKeyStore(db),
    registrations: createClientRegistrationStore(db),
    initialAccessTokens: createInitialAccessTokenStore(db),
    sectors: createSectorDocuments(platform.egress),
    instanceKeySha256: createHash('sha256').update(instanceKeyOf(platform.masterKey)).digest(),
    loginFailures: createLoginFailureStore(db),
    hasher: await createPasswordHasher(config.hashCost),
  };
  const verify = verifyPassword(deps);
  const oidc = tokens.createOidc(verify);
  return {
    ...createDirectory(deps),
    ...createRegistration({ ...deps, baseUrl: platform.baseUrl, authMethods: offeredAuthMethods(config.mutualTls) }),
    verifyPassword: verify,
    verification: oidc.verification,
    oidc,
    detailTypes: {
      list: listDetailTypes(tokens.writing),
      read: readDetailType(tokens.writing),
      create: createDetailType({ ...deps, ...tokens.writing }),
      change: changeDetailType({ ...deps, ...tokens.writing }),
      remove: deleteDetailType({ ...deps, ...tokens.writing }),
    },
    issuerOf: (slug: string) => issuerOf(platform.baseUrl, slug),
  };
}
