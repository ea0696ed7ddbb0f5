import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { agentsV1 } from '@lumo/contracts';
import type { EventConsumers, JobQueue } from '@lumo/messaging';
import type { Platform } from '@lumo/service';
import { requireOrg } from '@lumo/tenancy';
import {
  createEncryptedKeyManagement,
  createJwksCache,
  createKeySets,
  createMasterKeyRing,
  createTokenVerifier,
} from '@lumo/token-signing';
import { assessToken, findAccessToken } from '../app/assess-token.js';
import { decideApproval } from '../app/decide-approval.js';
import { disconnectApp } from '../app/disconnect-app.js';
import { endSessions } from '../app/end-sessions.js';
import { exchangeToken } from '../app/exchange-token.js';
import { countSessions, listSessions } from '../app/list-sessions.js';
import { notifyLogout } from '../app/notify-logout.js';
import { readUserinfo } from '../app/read-userinfo.js';
import { admitClient } from '../app/registration/admit-client.js';
import { forgetUnusedClients } from '../app/registration/forget-clients.js';
import { revokeAccessToken } from '../app/revoke-access-token.js';
import { revokeAgent } from '../app/revoke-agent.js';
import { revokeGrant } from '../app/revoke-grant.js';
import { listGrants, revokeClientTokens, revokeListedGrant, revokeUserTokens } from '../app/revoke-grants.js';
import { revokeAllSessions, revokeSession, revokeUserSessions } from '../app/revoke-sessions.js';
import { createRevocations } from '../app/revoke-tokens.js';
import { importSigningKey, listSigningKeys, removeSigningKey, rotateSigningKey } from '../app/signing-keys.js';
import { issuerOf } from '../core/issuer.js';
import { rotationPolicyOf } from '../core/key-rotation.js';
import { offeredAuthMethods, type TlsTerminators } from '../core/offered-auth-methods.js';
import { DEFAULT_SETTINGS } from '../core/org-settings.js';
import { subjectClaim } from '../core/subject.js';
import type { RecentClients } from '../oidc-ports.js';
import type {
  ClientStore,
  OrgStore,
  Revocations,
  Roles,
  SettingsStore,
  Transactions,
  UserStore,
  VerificationSource,
  VerifyPassword,
} from '../ports.js';
import { createClientDocuments } from '../remote/client-documents.js';
import { createRemoteKeySets } from '../remote/remote-key-sets.js';
import { createAgentRegistry } from '../rpc/agent-registry.js';
import { createApprovalStore } from '../store/approval-store.js';
import { createArtifactStore } from '../store/artifact-store.js';
import { createClientDocumentStore } from '../store/client-document-store.js';
import { createClientRegistrationStore } from '../store/client-registration-store.js';
import { createConnectedAppStore } from '../store/connected-app-store.js';
import { createConsentStore } from '../store/consent-store.js';
import { createDetailTypeStore } from '../store/detail-type-store.js';
import { createExpiredRows } from '../store/expired-rows.js';
import { createGrantStore } from '../store/grant-store.js';
import { createOrgSecrets } from '../store/org-secret-store.js';
import { createRecentClients } from '../store/recent-clients.js';
import { createRecentOrgConfig, type OrgConfigStores } from '../store/recent-org-config.js';
import { createResourceStore } from '../store/resource-store.js';
import { createRevocationLog } from '../store/revocation-log.js';
import { createSessionStore } from '../store/session-store.js';
import { createSigningKeyStore } from '../store/signing-key-store.js';
import type { AuthnTables } from '../tables.js';
import { type AccountPages, createAccountPages } from './account-pages.js';
import { agentEvents } from './agent-events.js';
import type { Engine } from './build-engine.js';
import { showConsent, submitConsent } from './consent.js';
import type { EngineDeps } from './engine-deps.js';
import { createEnginePool, type EnginePool } from './engine-pool.js';
import type { Flow } from './flow.js';
import type { FlowAnswer } from './flow-answer.js';
import { signInWithJson } from './json-sign-in.js';
import { createLogoutDelivery, logoutSender } from './logout-delivery.js';
import { createOrgKeys, createSenderParts } from './org-keys.js';
import { sectorOf } from './pairwise.js';
import { createPings } from './ping-delivery.js';
import { showSignIn, submitSignIn } from './sign-in.js';
import { createThrottle } from './throttle.js';
import { upkeep } from './upkeep.js';

/** What the protocol half needs of the directory. */
export interface OidcParts {
  readonly transactions: Transactions;
  readonly orgs: OrgStore;
  readonly settings: SettingsStore;
  readonly users: UserStore;
  readonly clients: ClientStore;
  readonly roles: Roles;
}

type Submit = (engine: Engine, flow: Flow, form: URLSearchParams) => Promise<FlowAnswer>;

/** The OAuth 2 and OpenID Connect half of the service. */
export interface Oidc {
  readonly engines: EnginePool;
  readonly clients: RecentClients;
  readonly admitClient: ReturnType<typeof admitClient>;
  readonly verification: VerificationSource;
  readonly readUserinfo: ReturnType<typeof readUserinfo>;
  readonly findAccessToken: ReturnType<typeof findAccessToken>;
  /** Revokes a bearer token at the wish of whoever holds it; says nothing about whether it was one. */
  giveUpToken(raw: string): Promise<'bound' | undefined>;
  readonly pages: {
    show(engine: Engine, flow: Flow): Promise<FlowAnswer>;
    readonly submitSignIn: Submit;
    readonly submitConsent: Submit;
  };
  readonly signInWithJson: ReturnType<typeof signInWithJson>;
  readonly accountPages: AccountPages;
  /** False where a client asks again before it may (RFC 8628 section 3.5). */
  mayPoll(code: string): Promise<boolean>;
  /** Applies what the rotation policy asks for now to the keys of the org in context. */
  rotateKeys(orgId: string): Promise<void>;
  readonly sessions: {
    readonly list: ReturnType<typeof listSessions>;
    readonly count: ReturnType<typeof countSessions>;
    readonly revoke: ReturnType<typeof revokeSession>;
    readonly revokeOfUser: ReturnType<typeof revokeUserSessions>;
    readonly revokeAll: ReturnType<typeof revokeAllSessions>;
  };
  readonly grants: {
    readonly list: ReturnType<typeof listGrants>;
    readonly revoke: ReturnType<typeof revokeListedGrant>;
    readonly revokeOfUser: ReturnType<typeof revokeUserTokens>;
    readonly revokeOfClient: ReturnType<typeof revokeClientTokens>;
  };
  readonly signingKeys: {
    readonly list: ReturnType<typeof listSigningKeys>;
    readonly rotate: ReturnType<typeof rotateSigningKey>;
    readonly import: ReturnType<typeof importSigningKey>;
    readonly remove: ReturnType<typeof removeSigningKey>;
  };
  readonly consumers: EventConsumers<AuthnTables>;
  work(jobs: JobQueue): Promise<void>;
}

/** The stores as the directory must use them, and what it needs of this half. */
export interface TokenEnd {
  readonly revocations: Revocations;
  /** Take the place of the stores that were given: their writes are seen by the engines at once. */
  readonly writing: OrgConfigStores & Pick<OidcParts, 'clients'>;
  /** Completes the half, once passwords can be verified. */
  createOidc(verifyPassword: VerifyPassword): Oidc;
}

/** Composes the protocol half by hand: stores, keys, operations, engines. */
export function createTokenEnd(platform: Platform<AuthnTables>, parts: OidcParts, mutualTls: TlsTerminators): TokenEnd {
  const { clock, outbox, activity, baseUrl, logger, masterKey, previousMasterKey } = platform;
  const { db } = platform.database;
  const { transactions, users, roles } = parts;
  const revocationLog = createRevocationLog(db);
  const clients = createRecentClients(parts.clients, createClientDocumentStore(db), revocationLog, clock);
  const orgConfig = createRecentOrgConfig(
    { ...parts, detailTypes: createDetailTypeStore(db), resources: createResourceStore(db) },
    clock,
  );
  const sessions = createSessionStore(db);
  const grants = createGrantStore(db);
  const ring = createMasterKeyRing(masterKey, previousMasterKey ? [previousMasterKey] : []);
  const keySets = createKeySets({
    store: createSigningKeyStore(db, outbox),
    management: createEncryptedKeyManagement(ring),
    policyOf: async () => rotationPolicyOf(((await orgConfig.recent.read())?.settings ?? DEFAULT_SETTINGS).security),
    clock,
  });
  const verifier = createTokenVerifier({
    clock,
    // The issuer of a token is compared with that of the org in context before any key is looked for.
    keys: createJwksCache({ clock, cooldownSeconds: 1, load: async () => keySets.jwks(requireOrg().id) }),
  });
  const agents = createAgentRegistry(platform.rpc.client(agentsV1.AgentsService));
  const revocations = createRevocations({ clock, sessions, grants, revocationLog, outbox });
  const macKey = masterKey.derive('authn-flow');

  const deps = {
    clock,
    baseUrl,
    logger,
    transactions,
    outbox,
    activity,
    users,
    roles,
    clients: clients.recent,
    documents: clients.documents,
    agents,
    sessions,
    grants,
    artifacts: createArtifactStore(db),
    consents: createConsentStore(db),
    revocationLog,
    keySets,
    verifier,
    wait: async (ms: number) => {
      // A timer of Node may fire a moment before the clock says so.
      if (ms > 0) await delay(ms + 2);
    },
    mac: (purpose: string, ...rest: readonly string[]) =>
      createHmac('sha256', macKey)
        .update(JSON.stringify([purpose, ...rest]))
        .digest('base64url'),
  };
  const assess = assessToken(deps);
  const revoke = revokeAccessToken(deps);
  const orgSecrets = createOrgSecrets(db, ring);
  const approvals = createApprovalStore(db);
  const apps = createConnectedAppStore(db);
  const pings = createPings({ ring, egress: platform.egress, clients: clients.writing });
  const engineDeps: EngineDeps = {
    ...deps,
    ...createSenderParts(platform, orgConfig.recent),
    mutualTls,
    remoteKeySets: createRemoteKeySets(platform.egress, clock, (uri, why) =>
      logger.info({ uri, why }, 'the keys of a client cannot be read'),
    ),
    orgKeys: createOrgKeys(orgSecrets),
    decoupled: { clock, users, approvals, sealNotification: pings.seal },
    assessToken: assess,
    exchangeToken: exchangeToken({ ...deps, assessToken: assess }),
    endSessions: endSessions(deps),
    revokeGrant: revokeGrant(deps),
    revokeAccessToken: revoke,
  };
  const verification: VerificationSource = {
    async verificationKeys() {
      const { id, slug } = requireOrg();
      const { keys } = await keySets.jwks(id);
      return { issuer: issuerOf(baseUrl, slug), jwks: { keys } };
    },
    async revocationsSince(position) {
      const { rows, position: next } = await revocationLog.since(position, new Date(clock.now()));
      return { revocations: rows, position: next };
    },
  };
  const logouts = createLogoutDelivery(
    notifyLogout({
      ...deps,
      clientStore: clients.writing,
      send: logoutSender(platform.egress),
      subjectAt: async (client, userId) => {
        const sector = sectorOf(client);
        return sector === null
          ? subjectClaim({ type: 'user', id: userId })
          : (await engineDeps.orgKeys()).pairwise(sector, userId);
      },
    }),
  );
  const maintain = upkeep({
    clock,
    logger,
    orgs: parts.orgs,
    keySets,
    revocationLog,
    orgSecrets,
    expiredRows: createExpiredRows(db),
    forgetUnusedClients: forgetUnusedClients({
      ...deps,
      clients: clients.writing,
      registrations: createClientRegistrationStore(db),
    }),
  });
  const admit = admitClient({
    ...deps,
    clients: clients.writing,
    settings: orgConfig.writing.settings,
    remoteDocuments: createClientDocuments(platform.egress, clock),
    authMethods: offeredAuthMethods(mutualTls),
    refused: (clientId, why) => logger.info({ clientId, why }, 'the document of a client was refused'),
  });
  const throttle = createThrottle(platform.ephemeral);
  const consentPage = showConsent(engineDeps);
  const grantDeps = { ...engineDeps, clientStore: clients.writing, revocations };

  return {
    revocations,
    writing: { clients: clients.writing, ...orgConfig.writing },
    createOidc: (verifyPassword) => ({
      engines: createEnginePool(engineDeps, orgConfig.recent),
      clients: clients.recent,
      admitClient: admit,
      verification,
      readUserinfo: readUserinfo(engineDeps),
      findAccessToken: findAccessToken(deps),
      async giveUpToken(raw) {
        const assessed = await assess(raw);
        if (assessed.ok && assessed.value.confirmation) return 'bound';
        if (assessed.ok) await revoke(assessed.value);
        return undefined;
      },
      pages: {
        show: (engine, flow) =>
          flow.interaction.prompt.name === 'consent' ? consentPage(engine, flow) : showSignIn(engine, flow),
        submitSignIn: submitSignIn(engineDeps, verifyPassword),
        submitConsent: submitConsent(engineDeps),
      },
      signInWithJson: signInWithJson(engineDeps, verifyPassword),
      accountPages: createAccountPages({
        ...engineDeps,
        approvals,
        apps,
        decide: decideApproval({ ...deps, approvals }),
        disconnect: disconnectApp({ ...deps, apps }),
        notify: (approval) => pings.enqueue(approval),
        mayTryCode: (address) => throttle.mayTryCode(address),
      }),
      mayPoll: (code) => throttle.mayPoll(code),
      sessions: {
        list: listSessions(deps),
        count: countSessions(deps),
        revoke: revokeSession(engineDeps),
        revokeOfUser: revokeUserSessions(engineDeps),
        revokeAll: revokeAllSessions(engineDeps),
      },
      grants: {
        list: listGrants(grantDeps),
        revoke: revokeListedGrant(grantDeps),
        revokeOfUser: revokeUserTokens(grantDeps),
        revokeOfClient: revokeClientTokens(grantDeps),
      },
      signingKeys: {
        list: listSigningKeys({ keySets }),
        rotate: rotateSigningKey({ keySets }),
        import: importSigningKey({ keySets }),
        remove: removeSigningKey({ keySets }),
      },
      rotateKeys: async (orgId) => void (await keySets.rotate(orgId)),
      consumers: { ...agentEvents(revokeAgent(deps)), ...logouts.consumers },
      async work(jobs) {
        await logouts.work(jobs);
        await pings.work(jobs);
        await maintain(jobs);
      },
    }),
  };
}
