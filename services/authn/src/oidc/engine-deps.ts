import type { Platform } from '@lumo/service';
import type { Org } from '@lumo/tenancy';
import type { DecryptionKey, ReplayMarks, SenderConstraint } from '@lumo/token-signing';
import type { AssessToken } from '../app/assess-token.js';
import type { EndSessions } from '../app/end-sessions.js';
import type { exchangeToken } from '../app/exchange-token.js';
import type { revokeAccessToken } from '../app/revoke-access-token.js';
import type { revokeGrant } from '../app/revoke-grant.js';
import type { TokenDeps } from '../app/token-deps.js';
import type { TlsTerminators } from '../core/offered-auth-methods.js';
import type { ClientDocumentStore, RemoteKeySets } from '../document-ports.js';
import type { OrgConfig } from '../store/recent-org-config.js';
import type { DecoupledDeps } from './decoupled.js';
import type { PairwiseSubject } from './pairwise.js';

/** What every org's engine works with. */
export interface EngineDeps extends TokenDeps {
  readonly logger: Platform['logger'];
  readonly assessToken: AssessToken;
  readonly exchangeToken: ReturnType<typeof exchangeToken>;
  readonly endSessions: EndSessions;
  readonly revokeGrant: ReturnType<typeof revokeGrant>;
  readonly revokeAccessToken: ReturnType<typeof revokeAccessToken>;
  readonly decoupled: DecoupledDeps;
  readonly replay: ReplayMarks;
  readonly senders: SenderConstraint;
  readonly mutualTls: TlsTerminators;
  readonly documents: ClientDocumentStore;
  readonly remoteKeySets: RemoteKeySets;
  /** 32 bytes from which the DPoP nonces of an org are made; the gateway makes its own from the same. */
  dpopNonceSecret(orgId: string): Uint8Array;
  /** What is made of the secrets of the org in context. */
  orgKeys(): Promise<OrgKeys>;
  /** MAC over parts that must stay together, e.g. a sign-in and the browser it was started in. */
  mac(purpose: string, ...parts: readonly string[]): string;
}

/** What of an org never changes and never leaves the service in clear. */
export interface OrgKeys {
  readonly pairwise: PairwiseSubject;
  /** Clients encrypt request objects to it. */
  readonly decryption: DecryptionKey;
}

/** One org, as its engine was built for it. */
export interface EngineOrg extends OrgConfig, OrgKeys, Org {
  readonly issuer: string;
  /** Path of the issuer, e.g. `/orgs/acme/api/v1`. */
  readonly mount: string;
}
