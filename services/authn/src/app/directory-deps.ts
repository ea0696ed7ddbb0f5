import type { Clock } from '@lumo/kit';
import type {
  ActivityLog,
  ApiKeyStore,
  ClientStore,
  LoginFailures,
  OrgStore,
  Outbox,
  PasswordHasher,
  Revocations,
  Roles,
  SettingsStore,
  Transactions,
  UserStore,
} from '../ports.js';
import type {
  ClientRegistrationStore,
  InitialAccessTokenStore,
  ResourceStore,
  SectorDocuments,
} from '../registration-ports.js';

/** Everything the operations of the directory are made from; each takes the part it names. */
export interface DirectoryDeps {
  readonly clock: Clock;
  readonly transactions: Transactions;
  readonly orgs: OrgStore;
  readonly settings: SettingsStore;
  readonly users: UserStore;
  readonly clients: ClientStore;
  readonly apiKeys: ApiKeyStore;
  readonly registrations: ClientRegistrationStore;
  readonly initialAccessTokens: InitialAccessTokenStore;
  readonly sectors: SectorDocuments;
  readonly resources: ResourceStore;
  /** SHA-256 of the key of the instance operator. */
  readonly instanceKeySha256: Buffer;
  readonly loginFailures: LoginFailures;
  readonly roles: Roles;
  readonly revocations: Revocations;
  readonly hasher: PasswordHasher;
  readonly outbox: Outbox;
  readonly activity: ActivityLog;
}
