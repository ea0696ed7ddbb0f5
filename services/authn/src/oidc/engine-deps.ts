import type { Platform } from '@lumo/service';
import type { Org } from '@lumo/tenancy';
import type { AssessToken } from '../app/assess-token.js';
import type { EndSessions } from '../app/end-sessions.js';
import type { exchangeToken } from '../app/exchange-token.js';
import type { revokeAccessToken } from '../app/revoke-access-token.js';
import type { revokeGrant } from '../app/revoke-grant.js';
import type { TokenDeps } from '../app/token-deps.js';
import type { OrgConfig } from '../store/recent-org-config.js';

/** What every org's engine works with. */
export interface EngineDeps extends TokenDeps {
  readonly logger: Platform['logger'];
  readonly assessToken: AssessToken;
  readonly exchangeToken: ReturnType<typeof exchangeToken>;
  readonly endSessions: EndSessions;
  readonly revokeGrant: ReturnType<typeof revokeGrant>;
  readonly revokeAccessToken: ReturnType<typeof revokeAccessToken>;
  /** MAC over parts that must stay together, e.g. a sign-in and the browser it was started in. */
  mac(purpose: string, ...parts: readonly string[]): string;
}

/** One org, as its engine was built for it. */
export interface EngineOrg extends OrgConfig, Org {
  readonly issuer: string;
  /** Path of the issuer, e.g. `/orgs/acme/api/v1`. */
  readonly mount: string;
}
