import type { Server } from 'node:http';
import { type Clock, systemClock } from '@lumo/kit';
import type { Readiness, ReadinessChecks } from '@lumo/service';
import { checkReadiness } from '@lumo/service';
import { type ContextCodec, createOrgDirectory } from '@lumo/tenancy';
import { createSenderConstraint, type ReplayMarks } from '@lumo/token-signing';
import type { Logger } from 'pino';
import { createClientAddresses } from './core/client-address.js';
import { hostPolicy } from './core/host-policy.js';
import { unavailable } from './core/refusal.js';
import { defaultHeaders } from './core/response-headers.js';
import { compileRoutes } from './core/route-matcher.js';
import { createAccessTokens, type FindOrg } from './credentials/access-tokens.js';
import { createAllowedOrigins } from './credentials/allowed-origins.js';
import { createAuthenticator } from './credentials/authenticate.js';
import { type ClientCertificateOptions, createClientCertificates } from './credentials/client-certificates.js';
import { createOpaqueKeys } from './credentials/opaque-keys.js';
import { createOpaqueTokens } from './credentials/opaque-tokens.js';
import { createOrgPolicies } from './credentials/org-policies.js';
import { startRevocationFeed } from './credentials/revocation-feed.js';
import type { Forwarder, ForwardRefusals, Upstream } from './forward/forwarder.js';
import { createConcurrency } from './limits/concurrency.js';
import type { RateBudgets } from './limits/rate-budgets.js';
import { type CounterFactory, createRateLimiter, memoryCounters } from './limits/rate-limiter.js';
import type { Identity } from './ports.js';
import { ROUTE_TABLE } from './route-table.js';
import { answerRefusal } from './server/answer.js';
import { createEventStreams } from './server/event-streams.js';
import { GatewayResponse } from './server/gateway-response.js';
import { createRequestHandler, type RequestHandlerOptions } from './server/handle-request.js';
import { CONNECTION_LIMITS, type ConnectionLimits, createGatewayServer } from './server/http-server.js';
import { closeServer, listen } from './server/listen.js';
import { BODY_TOO_LARGE, createHeadReader } from './server/request-head.js';
import { createSpendBudget } from './server/spend-budget.js';
import { createStepUp } from './server/step-up.js';
import { createApiDescription } from './surface/api-description.js';
import { createApiReference, REFERENCE_PATHS } from './surface/api-reference.js';
import { liveDocument, readyDocument } from './surface/health.js';
import { createSurface } from './surface/surface.js';

export interface GatewayOptions {
  /** Public base URL without a trailing slash. */
  readonly baseUrl: string;
  /** Of the product, for the API description. */
  readonly version: string;
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** TLS terminators whose word about client certificates is believed, and how they put it. */
  readonly clientCertificates: ClientCertificateOptions & { readonly terminators: readonly string[] };
  /** Where the use of a DPoP proof is marked. */
  readonly replay: ReplayMarks;
  /** 32 bytes from which the DPoP nonces of an org are made. */
  nonceSecret(orgId: string): Uint8Array;
  readonly budgets: RateBudgets;
  /** Where budgets are counted; the default is this process. */
  readonly counters?: CounterFactory;
  readonly identity: Identity;
  readonly codec: ContextCodec;
  /** Makes the way to the services; the refusals are how it answers for one that is not there. */
  readonly forwarder: (refusals: ForwardRefusals) => Forwarder;
  /** Every part that must work for the platform to be ready, beside the gateway's own. */
  readonly readiness: (forwarder: Forwarder) => Promise<Readiness>;
  /** Prometheus text, and its content type. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly finished: RequestHandlerOptions['finished'];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: ConnectionLimits;
  readonly maxBodyBytes: number;
}

/** A composed gateway. */
export interface Gateway {
  /** Listens on every address of `host`; resolves with the port. Rejects where the port is taken. */
  listen(port: number, host: string): Promise<number>;
  /** Takes no new connection, lets requests in hand finish, then lets go of everything. */
  close(): Promise<void>;
}

const UPSTREAMS: readonly Upstream[] = ['authn', 'authz', 'agents', 'audit'];

export function createGateway(options: GatewayOptions): Gateway {
  const { baseUrl, identity, logger, clock = systemClock, maxBodyBytes } = options;
  const directory = createOrgDirectory({
    clock,
    loader: {
      bySlug: (slug) => identity.findOrg(slug),
      // The public name of an org is its slug; an id in a URL finds nothing.
      byId: async () => undefined,
    },
  });
  const findOrg: FindOrg = (slug) => directory.resolve(slug);
  const revocations = startRevocationFeed({ identity, clock, logger });
  const policies = createOrgPolicies(identity, clock);
  const forwarder = options.forwarder(forwardRefusals);
  const limiter = createRateLimiter(options.budgets, options.counters ?? memoryCounters);
  const headers = defaultHeaders(baseUrl);
  const streams = createEventStreams();
  const reference = createApiReference();

  const ownParts: ReadinessChecks = {
    'gateway.revocations': async () => {
      if (!revocations.isFresh()) throw new Error('the list of revoked tokens is older than five seconds');
    },
  };
  const ready = async (): Promise<Readiness> => {
    const [own, others] = await Promise.all([checkReadiness(ownParts), options.readiness(forwarder)]);
    return { ready: own.ready && others.ready, parts: { ...own.parts, ...others.parts } };
  };

  const handle = createRequestHandler({
    defaultHeaders: headers,
    addresses: createClientAddresses(options.trustedProxies),
    head: createHeadReader({
      baseUrl,
      matchRoute: compileRoutes(ROUTE_TABLE),
      acceptsHost: hostPolicy(baseUrl),
      maxBodyBytes,
    }),
    findOrg,
    authenticator: createAuthenticator({
      tokens: createAccessTokens({ baseUrl, findOrg, identity, clock }),
      opaqueTokens: createOpaqueTokens(identity, clock),
      senders: createSenderConstraint({
        requiresNonce: async (orgId) => (await policies(orgId)).dpopRequireNonce,
        replay: options.replay,
        clock,
        nonceSecret: (orgId) => options.nonceSecret(orgId),
      }),
      apiKeys: createOpaqueKeys((sha256) => identity.findApiKey(sha256), clock),
      instanceKeys: createOpaqueKeys((sha256) => identity.findInstanceKey(sha256), clock),
      revocations,
    }),
    baseUrl,
    certificates: createClientCertificates(options.clientCertificates),
    terminators: createClientAddresses(options.clientCertificates.terminators),
    stepUp: createStepUp(policies, clock),
    origins: createAllowedOrigins(identity, clock),
    spend: createSpendBudget(options.budgets, limiter, () => clock.now()),
    concurrency: createConcurrency(options.budgets.concurrentPerOrg),
    forwarder,
    streams,
    own: createSurface({
      '/livez': liveDocument,
      '/readyz': () => readyDocument(ready),
      '/readyz/gateway': () => readyDocument(() => checkReadiness(ownParts)),
      '/metrics': async () => ({
        headers: { 'Content-Type': options.metrics.contentType, 'Cache-Control': 'no-store' },
        body: await options.metrics.metrics(),
      }),
      '/openapi.json': createApiDescription({
        baseUrl,
        version: options.version,
        upstreams: UPSTREAMS,
        forwarder,
        clock,
      }),
      [REFERENCE_PATHS.page]: reference.page,
      [REFERENCE_PATHS.start]: reference.start,
      [REFERENCE_PATHS.viewer]: reference.viewer,
    }),
    codec: options.codec,
    logger,
    now: () => clock.now(),
    finished: options.finished,
  });
  const servers: Server[] = [];

  return {
    async listen(port, host) {
      const limits = options.limits ?? CONNECTION_LIMITS;
      const listening = await listen(() => createGatewayServer(handle, headers, limits), port, host);
      servers.push(...listening.servers);
      return listening.port;
    },
    async close() {
      const closing = servers.map(closeServer);
      streams.close();
      await Promise.all(closing);
      revocations.close();
      await forwarder.close();
    },
  };
}

const forwardRefusals: ForwardRefusals = {
  unavailable(response, upstream) {
    if (response instanceof GatewayResponse) {
      answerRefusal(response, unavailable(`The ${upstream} service does not answer. Try again.`));
    } else response.destroy();
  },
  tooLarge(response) {
    if (response instanceof GatewayResponse) answerRefusal(response, BODY_TOO_LARGE);
    else response.destroy();
  },
};
